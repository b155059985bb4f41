//! Events for people: the catalogue's list, one of its rows, and the explanation of a body.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{escape, pairs, table};
use crate::event::catalogue::{self, Event, Field};
use crate::event::decode::{Explanation, FieldRow, Outcome};

/// Longer texts are cut; `-o json` has them whole.
const LONGEST: usize = 400;

/// The catalogue, or a part of it, with an umbrella above the first of its events.
pub fn list(rows: &[&Event], width: u16) -> String {
    let mut opened = BTreeSet::new();
    let mut lines = Vec::with_capacity(rows.len() + 1);
    for event in rows {
        let umbrella = event
            .umbrella
            .as_deref()
            .filter(|umbrella| opened.insert(*umbrella));
        lines.extend(umbrella.map(umbrella_line));
        lines.push(vec![
            event.name.clone(),
            event.group.clone(),
            event.title_en.clone(),
            subscription_note(event),
        ]);
    }
    table(&["Event", "Group", "Title", "Note"], &lines, width)
}

fn umbrella_line(umbrella: &str) -> Vec<String> {
    let mut groups: Vec<&str> = catalogue::covered_by(umbrella)
        .map(|event| event.group.as_str())
        .collect();
    groups.dedup();
    let title = "Subscribes its events together".to_owned();
    vec![
        umbrella.to_owned(),
        groups.join(", "),
        title,
        "umbrella".to_owned(),
    ]
}

fn subscription_note(event: &Event) -> String {
    match (&event.umbrella, event.console_selectable) {
        (Some(umbrella), _) if !event.subscribable => format!("subscribe {umbrella}"),
        (_, Some(false)) => "API only".to_owned(),
        _ => String::new(),
    }
}

/// One event with everything the catalogue knows.
pub fn show(event: &Event, width: u16) -> String {
    let mut text = pairs(&facts(event), width);
    let mut members = Vec::new();
    member_lines(&event.fields, "", &mut members);
    text.push('\n');
    text.push_str(&table(
        &["Member", "Type", "Present", "Meaning"],
        &members,
        width,
    ));
    let samples: Vec<String> = catalogue::samples(&event.name)
        .into_iter()
        .map(|(name, _)| name.to_owned())
        .collect();
    text + &section("Notes", &event.notes, width) + &section("Samples", &samples, width)
}

fn facts(event: &Event) -> Vec<(&'static str, String)> {
    vec![
        ("Event", event.name.clone()),
        ("Title", event.title_en.clone()),
        ("Chinese title", event.title_zh.clone()),
        ("Group", event.group.clone()),
        ("Sent when", event.description_en.clone()),
        ("Started by", event.trigger.clone()),
        ("Subscribe", how_to_subscribe(event)),
        ("Media", event.id_field.clone()),
        ("Result", event.statuses.field.clone()),
        ("Success", event.statuses.success.join(", ")),
        ("Failure", event.statuses.failure.join(", ")),
    ]
}

fn how_to_subscribe(event: &Event) -> String {
    match (&event.umbrella, event.console_selectable) {
        (Some(umbrella), _) if !event.subscribable => {
            format!("{umbrella}; the messages carry the name {}", event.name)
        }
        (_, Some(false)) => format!(
            "{}, by the API only; the console does not offer it",
            event.name
        ),
        _ => event.name.clone(),
    }
}

fn member_lines(fields: &[Field], above: &str, lines: &mut Vec<Vec<String>>) {
    for field in fields {
        let path = format!("{above}{}", field.name);
        lines.push(vec![
            path.clone(),
            field.json_type.clone(),
            presence(field).to_owned(),
            meaning(field),
        ]);
        let list = field.json_type.starts_with("array");
        let below = match (field.is_map(), list) {
            (true, _) => format!("{path}.*."),
            (_, true) => format!("{path}[]."),
            _ => format!("{path}."),
        };
        member_lines(field.members(), &below, lines);
    }
}

fn presence(field: &Field) -> &'static str {
    match (field.presence.as_deref(), field.required) {
        (Some("on_success"), _) => "on success",
        (Some("on_failure"), _) => "on failure",
        (None, true) => "always",
        _ => "sometimes",
    }
}

fn meaning(field: &Field) -> String {
    let listed = |values: &[Value]| values.iter().map(plain).collect::<Vec<_>>().join(", ");
    match (
        field.closed_values.is_empty(),
        field.known_values.is_empty(),
    ) {
        (false, _) => format!(
            "{}\nOne of: {}",
            field.description,
            listed(&field.closed_values)
        ),
        (_, false) => format!(
            "{}\nFor example: {}",
            field.description,
            listed(&field.known_values)
        ),
        _ => field.description.clone(),
    }
}

/// A body, member by member.
pub fn explanation(explanation: &Explanation, width: u16) -> String {
    let mut text = pairs(&summary(explanation), width);
    if !explanation.fields.is_empty() {
        let rows: Vec<_> = explanation.fields.iter().map(field_line).collect();
        text.push('\n');
        text.push_str(&table(&["Member", "Value", "Meaning"], &rows, width));
    }
    // Warnings end up nearest to the prompt.
    text + &section("Notes", &explanation.notes, width)
        + &section("Warnings", &explanation.warnings, width)
}

fn summary(explanation: &Explanation) -> Vec<(&str, String)> {
    let id = explanation.id.as_ref();
    let facts = [
        ("Event", explanation.event_type.clone()),
        ("Title", explanation.title.clone()),
        ("Group", explanation.group.clone()),
        ("Result", Some(result(explanation))),
        ("Time", explanation.event_time.clone()),
        (
            id.map_or("Media", |id| id.field.as_str()),
            id.map(|id| id.value.clone()),
        ),
        ("Subscribed by", explanation.subscribed_by.clone()),
    ];
    facts
        .into_iter()
        .filter_map(|(name, value)| Some((name, one_line(&value?))))
        .collect()
}

fn result(explanation: &Explanation) -> String {
    match (explanation.result, explanation.status.as_deref()) {
        (Outcome::Success, _) => "success".to_owned(),
        (Outcome::Failure, _) => "failure".to_owned(),
        (Outcome::Unknown, Some(status)) => format!("unknown: {status}"),
        (Outcome::Unknown, None) => "unknown: the body does not say".to_owned(),
    }
}

fn field_line(row: &FieldRow) -> Vec<String> {
    let meaning = match (&row.meaning, row.documented) {
        (Some(meaning), true) => meaning.clone(),
        (Some(meaning), false) => format!("(not documented here) {meaning}"),
        (None, true) => String::new(),
        (None, false) => "(not documented)".to_owned(),
    };
    vec![one_line(&row.path), plain(&row.value), meaning]
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => one_line(text),
        other => one_line(&other.to_string()),
    }
}

/// A line end inside a value could pretend to be another row.
fn one_line(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown.replace('\n', "\\n")
}

fn section(heading: &str, lines: &[String], width: u16) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let bullets: Vec<_> = lines.iter().map(|line| ("-", line.clone())).collect();
    format!("\n{}\n{}", escape(heading), pairs(&bullets, width))
}
