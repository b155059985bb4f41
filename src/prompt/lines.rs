//! Questions as numbered lines: nothing moves, nothing is drawn over, everything can be read aloud.
//!
//! Each answer is a line of standard input; its end is a cancellation, since nobody confirmed anything.

use std::io::Write;

use super::left;
use super::question::{BACK, Choice, Judgement, Reply, Several, Text};
use crate::error::Result;
use crate::order;

type Asked<T> = std::io::Result<Result<Reply<T>>>;

pub(super) fn choose(choice: &Choice) -> Asked<usize> {
    let items = choice.items.iter().map(String::as_str);
    show(&choice.title, items.map(|item| (item, false)))?;
    let back = if choice.back { ", < to go back" } else { "" };
    let question = format!("Number{back} [{}]", choice.default + 1);
    asking(&question, choice.back, |line| {
        if line.is_empty() {
            return Ok(choice.default);
        }
        number(line, choice.items.len())
    })
}

pub(super) fn mark(several: &Several) -> Asked<Vec<usize>> {
    let items = several.items.iter();
    show(
        &several.title,
        items.map(|(item, marked)| (item.as_str(), *marked)),
    )?;
    let question = "Numbers such as 1,3-5, all or none; empty keeps what is marked *, < goes back";
    asking(question, true, |line| numbers(line, several))
}

pub(super) fn text(text: &Text) -> Asked<String> {
    asking(&text.asked(", < to go back"), true, |line| {
        let meant = text.meant(line);
        match (text.judge)(&meant) {
            Judgement::Good(_) => Ok(meant),
            Judgement::Bad(why) => Err(why),
        }
    })
}

/// Yes or no, by number or by word; anything but a yes is a no, and so is the end of the input.
pub(super) fn confirm(question: &str) -> std::io::Result<bool> {
    show(question, [("Yes", false), ("No", false)].into_iter())?;
    let line = read("Number [2]")?.ok().flatten().unwrap_or_default();
    let line = line.trim().to_ascii_lowercase();
    Ok(matches!(line.as_str(), "1" | "y" | "yes"))
}

/// A line, or nothing at the end of the input.
pub(super) fn read(question: &str) -> std::io::Result<Result<Option<String>>> {
    let mut stderr = std::io::stderr();
    write!(stderr, "{question}: ")?;
    stderr.flush()?;
    let mut line = String::new();
    if std::io::stdin().read_line(&mut line)? == 0 {
        writeln!(stderr)?;
        return Ok(Ok(None));
    }
    Ok(Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned())))
}

/// Asks until the answer can be used.
fn asking<T>(
    question: &str,
    back: bool,
    understand: impl Fn(&str) -> std::result::Result<T, String>,
) -> Asked<T> {
    loop {
        let Some(line) = read(question)?.ok().flatten() else {
            return Ok(Err(left()));
        };
        let line = line.trim();
        if back && line == BACK {
            return Ok(Ok(Reply::Back));
        }
        match understand(line) {
            Ok(answer) => return Ok(Ok(Reply::Answer(answer))),
            Err(why) => writeln!(std::io::stderr(), "{why}")?,
        }
    }
}

fn show<'a>(title: &str, items: impl Iterator<Item = (&'a str, bool)>) -> std::io::Result<()> {
    let mut stderr = std::io::stderr();
    writeln!(stderr, "{title}")?;
    for (index, (item, marked)) in items.enumerate() {
        let mark = if marked { '*' } else { ' ' };
        writeln!(stderr, "{:3}.{mark} {item}", index + 1)?;
    }
    Ok(())
}

fn number(text: &str, most: usize) -> std::result::Result<usize, String> {
    match text.trim().parse::<usize>() {
        Ok(number) if (1..=most).contains(&number) => Ok(number - 1),
        _ => Err(format!("{text:?} is not a number from 1 to {most}")),
    }
}

fn numbers(line: &str, several: &Several) -> std::result::Result<Vec<usize>, String> {
    let most = several.items.len();
    let mut chosen: Vec<usize> = match line {
        "" => {
            let marked = several
                .items
                .iter()
                .enumerate()
                .filter(|(_, (_, marked))| *marked);
            return Ok(marked.map(|(index, _)| index).collect());
        }
        "all" => return Ok((0..most).collect()),
        "none" => return Ok(Vec::new()),
        _ => Vec::new(),
    };
    for part in line.split([',', ' ']).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        chosen.extend(number(first, most)?..=number(last, most)?);
    }
    Ok(order::set(chosen).into_iter().collect())
}
