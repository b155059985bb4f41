//! Which recorded write is taken back, whether it may be, and to what state.

use super::diff::Difference;
use super::record::{Ended, Record};
use crate::callback::{Auth, Callback, Destination, StoredKey};
use crate::error::{Error, Kind, Result};
use crate::secret::Secret;
use crate::target::{Target, endpoint::EMULATOR};

/// The write with this number.
///
/// # Errors
/// A usage error when there is none.
pub fn numbered(records: &[Record], number: u64) -> Result<&Record> {
    let mut newest_first = records.iter().rev();
    if let Some(record) = newest_first.find(|record| record.number == number) {
        return Ok(record);
    }
    let error = Error::usage(format!("the history has no change {number}"));
    let error = match (records.first(), records.last()) {
        (Some(first), Some(last)) => error.cause(format!(
            "it goes from {} to {}; older ones are dropped in time",
            first.number, last.number
        )),
        _ => error.cause("it is empty"),
    };
    Err(error.hint("vodcb history lists them"))
}

/// The last write to the target that took effect. Whether one with an unknown end did is seen from
/// what is configured at present.
///
/// # Errors
/// A usage error when there is none, and when it cannot be told which one it is.
pub fn latest<'a>(
    records: &'a [Record],
    target: &Target,
    place: &str,
    account_id: Option<&str>,
    present: Option<&Callback>,
) -> Result<&'a Record> {
    let is = |state: &Option<Callback>| {
        // A history without keys cannot tell one key from another.
        let auth = state.as_ref().and_then(Callback::auth);
        let is_hidden = auth.is_some_and(|auth| matches!(auth.key, StoredKey::Hidden));
        let difference = Difference::between(state.as_ref(), present);
        let mut fields = difference.fields.iter();
        fields.all(|change| is_hidden && change.field == "auth_key")
    };
    for record in newest_first(records, target, place, account_id) {
        match record.result() {
            Ended::Written => return Ok(record),
            Ended::NotWritten => {}
            Ended::Unknown if is(&record.after) => return Ok(record),
            Ended::Unknown if is(&record.before) => {}
            Ended::Unknown => {
                let number = record.number;
                return Err(Error::usage(format!(
                    "nobody knows whether change {number} to {target} took effect"
                ))
                .cause("what is configured is neither what was there before it nor what it wrote")
                .hint(format!(
                    "look at it: vodcb history show {number}; vodcb undo {number} restores what was there before it"
                )));
            }
        }
    }
    Err(
        Error::usage(format!("there is nothing to undo for {target}"))
            .cause(format!(
                "the history has no change of it at {place} that took effect"
            ))
            .hint("vodcb history lists the changes of every target"),
    )
}

/// The writes to the target, the newest first, without those that are known to be another account's. The ids of two
/// access keys tell nothing: both may be of one account.
fn newest_first<'a>(
    records: &'a [Record],
    target: &Target,
    place: &str,
    account_id: Option<&str>,
) -> impl Iterator<Item = &'a Record> {
    let is_other = move |record: &Record| {
        let both = record.account_id.as_deref().zip(account_id);
        both.is_some_and(|(recorded, own)| recorded != own)
    };
    let newest_first = records.iter().rev();
    newest_first.filter(move |record| record.is_of(target, place) && !is_other(record))
}

/// The last write to the target, where it took effect and the target is not as it was read back then.
pub fn overtaken<'a>(
    records: &'a [Record],
    target: &Target,
    place: &str,
    account_id: Option<&str>,
    present: Option<&Callback>,
) -> Option<&'a Record> {
    let record = newest_first(records, target, place, account_id)
        .find(|record| record.result() != Ended::NotWritten)?;
    let ending = record.ending.as_ref()?;
    let is_other = ending.fingerprint != present.map(Callback::fingerprint);
    (ending.result == Ended::Written && is_other).then_some(record)
}

/// Makes sure that a write was to this target of this service. `again` is the command line that is about
/// its own.
///
/// # Errors
/// A usage error that says where it was.
pub fn check_place(record: &Record, target: &Target, place: &str, again: &str) -> Result<()> {
    let Record {
        number,
        target: recorded,
        ..
    } = record;
    if recorded.place() != target.place() {
        return Err(Error::usage(format!(
            "change {number} was made to {recorded}, and this run is about {target}"
        ))
        .hint(format!("if it is meant: {again}")));
    }
    if record.is_of(target, place) {
        return Ok(());
    }
    let hint = match record.endpoint.as_str() {
        EMULATOR => "if it is meant, add --emulator".to_owned(),
        _ if place == EMULATOR => "if it is meant, leave --emulator out".to_owned(),
        endpoint => format!("if it is meant, add --endpoint {endpoint}"),
    };
    Err(Error::usage(format!(
        "change {number} was made at {}, and this run asks {place}",
        record.endpoint
    ))
    .cause("what belongs to one service is not restored at another one")
    .hint(hint))
}

/// Makes sure that a write was made for the account that undoes it.
///
/// # Errors
/// A usage error for another account, and for another key unless `allow_other_key`.
pub fn check_owner(
    record: &Record,
    account_id: Option<&str>,
    access_key_id: Option<&str>,
    allow_other_key: bool,
) -> Result<()> {
    let number = record.number;
    if let (Some(recorded), Some(own)) = (record.account_id.as_deref(), account_id) {
        if recorded == own {
            return Ok(());
        }
        return Err(Error::usage(format!(
            "change {number} was for the account {recorded}, and this run is for {own}"
        ))
        .hint("--profile chooses the credentials; vodcb whoami shows them"));
    }
    let recorded = record.access_key_id.as_deref();
    if allow_other_key || recorded == access_key_id {
        return Ok(());
    }
    let nobody = "no key";
    Err(Error::usage(format!(
        "change {number} was made with another access key: {}, not {}",
        recorded.unwrap_or(nobody),
        access_key_id.unwrap_or(nobody)
    ))
    .cause("whether both belong to one account cannot be told")
    .hint("--profile chooses the credentials; vodcb whoami shows them")
    .hint("if both belong to one account, add --allow-other-key"))
}

/// How far is gone back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// To what was there before the write.
    Before,
    /// To what the write left: only what came after it is taken back.
    After,
}

impl Back {
    /// The word for the moment of the state.
    const fn as_str(self) -> &'static str {
        match self {
            Back::Before => "before",
            Back::After => "after",
        }
    }
}

/// What undoing comes to.
#[derive(Debug)]
pub struct OldState {
    /// The state that is restored; `None` when nothing was configured.
    pub callback: Option<Callback>,
    /// What the user should know about it.
    pub notes: Vec<String>,
}

/// The state before or after a write. A key that the history does not have is the given one, or that of the present
/// callback where it is the same.
///
/// # Errors
/// A usage error when the key is needed and not known, or given and not needed; for what a write left that was not
/// carried out.
pub fn old_state(
    record: &Record,
    back: Back,
    key: Option<Secret>,
    present: Option<&Callback>,
) -> Result<OldState> {
    let (number, when) = (record.number, back.as_str());
    let mut callback = match back {
        Back::Before => record.before.clone(),
        Back::After => record.after.clone(),
    };
    let mut notes = Vec::new();
    match callback.as_mut().and_then(without_key) {
        None if key.is_some() => {
            let has_all = format!("the history has everything that was configured {when} it");
            return Err(
                Error::usage(format!("no callback key is needed to undo change {number}"))
                    .cause(has_all)
                    .hint("leave the key out; another key is written afterwards"),
            );
        }
        None => {}
        Some(auth) => match key.or_else(|| lasting_key(record, back, present)) {
            Some(key) => auth.key = StoredKey::Known(key),
            None if auth.on => return Err(lacks_key(number)),
            None => {
                let there = present.and_then(Callback::auth);
                auth.key = there.map_or(StoredKey::Absent, |auth| auth.key.clone());
                notes.push(format!("{when} change {number} a key was stored beside authentication that was off; the history does not have it, and it is not restored"));
            }
        },
    }
    if callback.is_none() {
        notes.push(match back {
            Back::Before => format!(
                "before change {number} nothing was configured, so undoing it removes the callback"
            ),
            Back::After => {
                format!("change {number} removed the callback, so this removes it again")
            }
        });
    }
    if record.result() == Ended::NotWritten {
        if back == Back::After {
            return Err(Error::usage(format!(
                "change {number} was not carried out, so it left nothing"
            ))
            .hint("vodcb history lists those that were written"));
        }
        notes.push(format!(
            "change {number} was not carried out; the state before it is restored all the same"
        ));
    }
    Ok(OldState { callback, notes })
}

/// The authentication of a state whose key the history does not have.
fn without_key(callback: &mut Callback) -> Option<&mut Auth> {
    match &mut callback.destination {
        Destination::Http { auth, .. } => Some(auth).filter(|auth| auth.hides_key()),
        Destination::Mns { .. } => None,
    }
}

/// The present key, where it is proved to be the one that the write left, and where that is meant, the one that it found.
fn lasting_key(record: &Record, back: Back, present: Option<&Callback>) -> Option<Secret> {
    let key = present?.auth()?.known_key()?;
    let mut left = record.after.clone()?;
    without_key(&mut left)?.key = StoredKey::Known(key.clone());
    let is_left = record.ending.as_ref()?.fingerprint == Some(left.fingerprint());
    let is_kept = back == Back::After || !record.changed.iter().any(|field| field == "auth_key");
    (is_left && is_kept).then(|| key.clone())
}

fn lacks_key(number: u64) -> Error {
    Error::new(
        Kind::Usage,
        format!("change {number} cannot be undone without the callback key of that time"),
    )
    .cause("the history does not have it: VODCB_HISTORY=no-secrets kept it out, or the service did not show it")
    .hint("give the key: --auth-key-env NAME, --auth-key-file FILE or --auth-key-stdin")
}
