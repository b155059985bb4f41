//! The applications of an account: the one every account has, those the quirk `apps` adds, and
//! those a callback was stored for, which shows that they are meant to exist.

use serde_json::{Value, json};

use super::answer::{Members, Refusal};
use super::state::Table;
use super::vod::Call;
use crate::order;
use crate::target::DEFAULT_APP_ID;

/// The page size without a wish, and the largest that is granted.
const PAGE_SIZE: usize = 10;
const MAX_PAGE_SIZE: usize = 100;
/// Every application is as old.
const CREATED: &str = "2024-01-01T00:00:00Z";

/// Answers one page of the list.
pub(super) fn list(call: &Call<'_>, table: &Table) -> Result<Members, Refusal> {
    let number = number(call, "PageNo", 1)?;
    let size = number_of_rows(call)?;
    let ids = match call.message.parameter("Status") {
        "" | "Normal" => ids(call, table),
        // None is ever disabled.
        "Disable" => Vec::new(),
        _ => return Err(Refusal::invalid("Status")),
    };
    let page = ids
        .iter()
        .skip((number - 1).saturating_mul(size))
        .take(size);
    let rows: Vec<Value> = page.map(|id| row(id)).collect();
    Ok(Members::from_iter([
        ("Total".to_owned(), json!(ids.len())),
        ("AppInfoList".to_owned(), json!(rows)),
    ]))
}

fn number_of_rows(call: &Call<'_>) -> Result<usize, Refusal> {
    match number(call, "PageSize", PAGE_SIZE)? {
        size if size > MAX_PAGE_SIZE => Err(Refusal::invalid("PageSize")),
        size => Ok(size),
    }
}

fn number(call: &Call<'_>, name: &str, otherwise: usize) -> Result<usize, Refusal> {
    match call.message.parameter(name) {
        "" => Ok(otherwise),
        text => {
            let number = text.parse().ok().filter(|number| *number > 0);
            number.ok_or_else(|| Refusal::invalid(name))
        }
    }
}

fn ids(call: &Call<'_>, table: &Table) -> Vec<String> {
    let added = (1..=call.quirks.apps).map(|number| format!("app-{number:07}"));
    let region = call.message.region();
    let stored = table.app_ids(call.account_id, &region);
    let all = added.chain(stored.map(str::to_owned));
    let others = order::set(all.filter(|id| id != DEFAULT_APP_ID));
    [DEFAULT_APP_ID.to_owned()]
        .into_iter()
        .chain(others)
        .collect()
}

fn row(id: &str) -> Value {
    let (name, kind) = match id {
        DEFAULT_APP_ID => ("default".to_owned(), "System"),
        _ => (id.replacen("app-", "application ", 1), "Custom"),
    };
    json!({
        "AppId": id,
        "AppName": name,
        "Description": "",
        "Status": "Normal",
        "Type": kind,
        "CreationTime": CREATED,
        "ModificationTime": CREATED,
    })
}
