//! What a command says of how it ended.

use serde_json::Value;

use super::Verdict;
use super::columns::Column;
use crate::sandbox::Run;

impl Column {
    /// A result, or an error with its remedy, and nothing by halves.
    pub fn check_words(&self, run: &Run) -> Verdict {
        if self.typed.is_some() {
            return check_talk(run);
        }
        let shown = if self.is_stream {
            documents(&run.stdout)
        } else {
            serde_json::from_str(&run.stdout).ok().map(|it| vec![it])
        };
        told(
            documents(&run.stderr).is_some(),
            "what is said is no document",
        )?;
        // That the answer is no is a result, too.
        if matches!(run.code, 0 | 1) {
            let Some(shown) = shown else {
                return Err("the result is no document".to_owned());
            };
            let checks = shown.iter().flat_map(|it| it["checks"].as_array());
            return checks.flatten().try_for_each(is_remedied);
        }
        let last = run.stderr.lines().last().unwrap_or_default();
        let Ok(error) = serde_json::from_str::<Value>(last) else {
            return Err("the error is no document".to_owned());
        };
        told(
            shown.is_some() || run.stdout.is_empty(),
            "the result is there by halves",
        )?;
        told(
            error["exit_code"] == run.code,
            "the error has another exit code",
        )?;
        told(
            error["message"].as_str().is_some_and(|it| !it.is_empty()),
            "there is no message",
        )?;
        told(error["hint"].is_string(), "there is no hint")
    }

    /// Whether the write took effect, by what the command says.
    pub fn applied(&self, run: &Run) -> String {
        match (run.code, self.typed) {
            (0, _) => "yes".to_owned(),
            (6 | 7, Some(_)) => "unknown".to_owned(),
            (_, Some(_)) => "no".to_owned(),
            (_, None) => run.error()["applied"].as_str().unwrap().to_owned(),
        }
    }
}

fn documents(text: &str) -> Option<Vec<Value>> {
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().ok()
}

/// The same where people read it; the last question may stand before an error, as nobody typed a line end.
fn check_talk(run: &Run) -> Verdict {
    let says = |word: &str| run.stderr.lines().any(|line| line.contains(word));
    told(
        run.code == 0 || says("error: ") && says("hint: "),
        "there is no error, or no hint",
    )?;
    told(
        run.code == 0 || run.stdout.is_empty(),
        "the result is there by halves",
    )
}

/// A check that was not passed says why, and what to do.
fn is_remedied(check: &Value) -> Verdict {
    let is_said = |name: &str| check[name].as_str().is_some_and(|it| !it.is_empty());
    let has_remedy =
        is_said("remedy") || !matches!(check["result"].as_str(), Some("warn" | "fail"));
    told(
        is_said("cause") && has_remedy,
        "a check has no cause or no remedy",
    )
}

fn told(fits: bool, otherwise: &str) -> Verdict {
    if fits {
        Ok(())
    } else {
        Err(otherwise.to_owned())
    }
}
