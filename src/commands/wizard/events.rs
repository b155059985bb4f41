//! Which events: a preset, or one by one.

use std::collections::BTreeSet;

use super::{Answers, Here};
use crate::callback::Callback;
use crate::error::Result;
use crate::event::{AI_UMBRELLA, EventSelection, EventType, catalogue};
use crate::order;
use crate::prompt::{Choice, Reply, Several};

enum Preset {
    Keep,
    Take(EventSelection),
    OneByOne,
}

pub(super) async fn ask(here: &Here, answers: &mut Answers) -> Result<Reply<()>> {
    let now = here.now.as_ref();
    loop {
        let (items, presets): (Vec<String>, Vec<Preset>) = presets(now).into_iter().unzip();
        let choice = Choice {
            title: "Which events?".to_owned(),
            items,
            default: 0,
            back: true,
        };
        let Reply::Answer(index) = here.ctx.prompt.choose(choice).await? else {
            return Ok(Reply::Back);
        };
        answers.events = match presets.into_iter().nth(index) {
            Some(Preset::Take(selection)) => Some(selection),
            Some(Preset::OneByOne) => match one_by_one(here, answers).await? {
                Reply::Answer(selection) => Some(selection),
                Reply::Back => continue,
            },
            Some(Preset::Keep) | None => None,
        };
        return Ok(Reply::Answer(()));
    }
}

fn presets(now: Option<&Callback>) -> Vec<(String, Preset)> {
    let group = |name: &str| -> BTreeSet<EventType> {
        let events = catalogue::catalogue().events.iter();
        let events = events.filter(|event| event.group == name && event.subscribable);
        order::set(events.map(|event| EventType::from_service(&event.name)))
    };
    let named = |what: &str, events: BTreeSet<EventType>| {
        let words = format!("{what}: {}", crate::event::selection::join(&events, ", "));
        (words, Preset::Take(EventSelection::only(events)))
    };
    let mut rows = Vec::new();
    if let Some(callback) = now {
        let words = match &callback.events {
            EventSelection::All => "ALL".to_owned(),
            EventSelection::None => "none".to_owned(),
            EventSelection::Only(events) => crate::event::selection::join(events, ", "),
        };
        rows.push((format!("As now: {words}"), Preset::Keep));
    }
    rows.push((
        "Everything (ALL), types that VOD adds later too".to_owned(),
        Preset::Take(EventSelection::All),
    ));
    rows.push(named("Uploads", group("Upload")));
    rows.push(named("Transcoding", group("Transcode")));
    rows.push(("One by one".to_owned(), Preset::OneByOne));
    rows.push((
        "None: the callback stays, and nothing is sent".to_owned(),
        Preset::Take(EventSelection::None),
    ));
    rows
}

/// Every type that can be subscribed, by group; single AI events stand under their umbrella.
async fn one_by_one(here: &Here, answers: &Answers) -> Result<Reply<EventSelection>> {
    let now = here.now.as_ref().map(|callback| &callback.events);
    let selected = answers.events.as_ref().or(now);
    let mut rows: Vec<(String, EventType)> = catalogue::catalogue()
        .events
        .iter()
        .filter(|event| event.subscribable)
        .map(|event| {
            let only = match event.console_selectable {
                Some(false) => " (not in the console)",
                _ => "",
            };
            let words = format!("{} · {}: {}{only}", event.group, event.name, event.title_en);
            (words, EventType::from_service(&event.name))
        })
        .collect();
    rows.push((
        format!("AI · {AI_UMBRELLA}: all AI events, which are subscribed together"),
        EventType::from_service(AI_UMBRELLA),
    ));
    // Types this version does not know must not be lost.
    if let Some(EventSelection::Only(events)) = selected {
        for event in events {
            if !rows.iter().any(|(_, known)| known == event) {
                rows.push((format!("Other · {event}"), event.clone()));
            }
        }
    }
    let marked = |event: &EventType| match selected {
        Some(EventSelection::All) => true,
        Some(EventSelection::Only(events)) => events.contains(event),
        Some(EventSelection::None) | None => false,
    };
    let several = Several {
        title: "Events".to_owned(),
        items: rows
            .iter()
            .map(|(words, event)| (words.clone(), marked(event)))
            .collect(),
    };
    Ok(match here.ctx.prompt.mark(several).await? {
        Reply::Back => Reply::Back,
        Reply::Answer(chosen) => {
            let events = chosen.into_iter().map(|index| rows[index].1.clone());
            Reply::Answer(EventSelection::only(order::set(events)))
        }
    })
}
