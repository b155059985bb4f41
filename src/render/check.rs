//! Checks as a table: a sign and a word for the result, the remedy below what was found.

use super::table;
use crate::probe::{Check, Report, Verdict};

/// Every check, one a row.
pub fn report(report: &Report, width: u16) -> String {
    table(&["Check", "Result", "Found"], &rows(&report.checks), width)
}

/// The cells of such a table.
pub fn rows(checks: &[Check]) -> Vec<Vec<String>> {
    let row = |check: &Check| {
        let mut found = check.cause.replace('\n', " ");
        if let Some(remedy) = &check.remedy {
            found.push_str("\n-> ");
            found.push_str(&remedy.replace('\n', " "));
        }
        let result = format!("{} {}", sign(check.result), check.result.as_str());
        vec![check.name.to_owned(), result, found]
    };
    checks.iter().map(row).collect()
}

/// The counts in one line.
pub fn summary(report: &Report) -> String {
    let count = |verdict, one: &str, many: &str| match report.count(verdict) {
        0 => None,
        1 => Some(format!("1 {one}")),
        number => Some(format!("{number} {many}")),
    };
    let parts = [
        count(Verdict::Fail, "failure", "failures"),
        count(Verdict::Warn, "warning", "warnings"),
        count(Verdict::Pass, "passed", "passed"),
        count(Verdict::Skip, "skipped", "skipped"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

const fn sign(verdict: Verdict) -> char {
    match verdict {
        Verdict::Pass => '✓',
        Verdict::Warn => '!',
        Verdict::Fail => '✗',
        Verdict::Skip => '-',
    }
}
