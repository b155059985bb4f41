//! Lists to choose from, drawn at a terminal.

use dialoguer::console::{Term, truncate_str};
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{MultiSelect, Select};

use super::question::{Choice, Reply, Several};
use super::{Prompt, left};
use crate::error::Result;

const GO_BACK: &str = "< back";
/// What stands before an item.
const MARGIN: u16 = 8;

pub(super) fn choose(prompt: Prompt, choice: &Choice) -> std::io::Result<Result<Reply<usize>>> {
    let theme = theme(prompt);
    let mut items = fitting(prompt, choice.items.iter());
    items.extend(choice.back.then(|| GO_BACK.to_owned()));
    let asked = Select::with_theme(theme.as_ref())
        .with_prompt(&choice.title)
        .items(&items)
        .default(choice.default)
        .interact_on_opt(&Term::stderr());
    Ok(match unwrapped(asked)? {
        None => Err(left()),
        Some(index) if index == choice.items.len() => Ok(Reply::Back),
        Some(index) => Ok(Reply::Answer(index)),
    })
}

pub(super) fn mark(
    prompt: Prompt,
    several: &Several,
) -> std::io::Result<Result<Reply<Vec<usize>>>> {
    let theme = theme(prompt);
    let labels = fitting(prompt, several.items.iter().map(|(item, _)| item));
    let marked = several.items.iter().map(|(_, marked)| *marked);
    let mut items: Vec<(String, bool)> = labels.into_iter().zip(marked).collect();
    items.push((GO_BACK.to_owned(), false));
    let asked = MultiSelect::with_theme(theme.as_ref())
        .with_prompt(format!("{} (blank marks, Enter ends)", several.title))
        .items_checked(items)
        .interact_on_opt(&Term::stderr());
    Ok(match unwrapped(asked)? {
        None => Err(left()),
        Some(chosen) if chosen.contains(&several.items.len()) => Ok(Reply::Back),
        Some(chosen) => Ok(Reply::Answer(chosen)),
    })
}

fn unwrapped<T>(asked: dialoguer::Result<T>) -> std::io::Result<T> {
    asked.map_err(|dialoguer::Error::IO(error)| error)
}

/// A line that wraps is drawn wrongly when the list moves.
fn fitting<'a>(prompt: Prompt, items: impl Iterator<Item = &'a String>) -> Vec<String> {
    let room = usize::from(prompt.width.saturating_sub(MARGIN).max(20));
    items
        .map(|item| truncate_str(item, room, "…").into_owned())
        .collect()
}

fn theme(prompt: Prompt) -> Box<dyn Theme> {
    if prompt.color {
        Box::new(ColorfulTheme::default())
    } else {
        Box::new(SimpleTheme)
    }
}
