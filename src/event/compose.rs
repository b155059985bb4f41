//! Event bodies made for a purpose: a sample of the catalogue, with members changed.
//!
//! A path names a member: `VideoId`, `StreamInfos[0].Height`. It also leads into a text that holds JSON,
//! as some members do. Changing a member keeps its type, so that what is sent keeps the service's shape.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::catalogue::{self, Event};
use crate::error::{Error, Result};

/// The sample body of an event: a success, or with `fail` a failure.
///
/// # Errors
/// A usage error for a name the catalogue does not have, and for an event that cannot fail.
pub fn sample(name: &str, fail: bool) -> Result<Value> {
    if name.eq_ignore_ascii_case(super::AI_UMBRELLA) {
        let members: Vec<&str> = catalogue::covered_by(super::AI_UMBRELLA)
            .map(|event| event.name.as_str())
            .collect();
        return Err(Error::usage(format!("{name} is never sent by itself"))
            .hint(format!("send one of its events: {}", members.join(", "))));
    }
    let event = catalogue::find(name).ok_or_else(|| super::unknown(name))?;
    let samples = catalogue::samples(&event.name);
    let variant = format!("{}.fail", event.name);
    let failed = samples.iter().find(|(name, _)| *name == variant);
    let (text, ready) = match (fail, failed) {
        (true, Some((_, text))) => (*text, true),
        _ => (samples.first().map_or("{}", |(_, text)| text), !fail),
    };
    let mut body = serde_json::from_str(text)
        .map_err(|error| Error::usage("the sample cannot be read").cause(error.to_string()))?;
    if !ready {
        turn_to_failure(event, &mut body)?;
    }
    Ok(body)
}

/// Gives a success the status of a failure, and what goes with it by the documentation.
fn turn_to_failure(event: &Event, body: &mut Value) -> Result<()> {
    let statuses = &event.statuses;
    let (Some(failure), Some(members)) = (statuses.failure.first(), body.as_object_mut()) else {
        return Err(
            Error::usage(format!("{} has no documented failure", event.name)).hint(
                "leave --fail out; what could not be done is told by no event, or by another one",
            ),
        );
    };
    members.insert(statuses.field.clone(), Value::from(failure.as_str()));
    for (name, text) in [
        ("ErrorCode", "InternalError"),
        (
            "ErrorMessage",
            "The operation has failed due to some error.",
        ),
    ] {
        if event.fields.iter().any(|field| field.name == name) {
            members.insert(name.to_owned(), Value::from(text));
        }
    }
    Ok(())
}

/// Lets the event have happened now, in the form of its own `EventTime`.
pub fn stamp(body: &mut Value, now: Timestamp) {
    let Some(Value::String(time)) = body.get_mut("EventTime") else {
        return;
    };
    let precise = now.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    *time = match time.find('.') {
        Some(_) => format!("{precise}.{:03}Z", now.subsec_millisecond()),
        None if time.matches(':').count() == 3 => {
            format!("{precise}:{:03}Z", now.subsec_millisecond())
        }
        None => format!("{precise}Z"),
    };
}

/// Changes or adds a member: `PATH=TEXT` keeps its type, `PATH:=JSON` sets any value.
///
/// # Errors
/// A usage error for a path that leads nowhere, and for a text that is not of the member's type.
pub fn set(body: &mut Value, assignment: &str) -> Result<()> {
    let Some((path, text)) = assignment.split_once('=') else {
        return Err(Error::usage(format!("{assignment:?} sets nothing"))
            .hint("write PATH=TEXT, for example Status=fail, or PATH:=JSON"));
    };
    let (path, raw) = match path.strip_suffix(':') {
        Some(path) => (path, true),
        None => (path, false),
    };
    at(body, &steps(path)?, path, &mut |place| {
        let value = if raw {
            literal(text).ok_or_else(|| {
                Error::usage(format!("{text:?} is not JSON")).hint(format!(
                    "a text needs quotes: {path}:='\"…\"'; or {path}=TEXT"
                ))
            })?
        } else {
            of_same_type(path, place.as_deref(), text)?
        };
        Ok(Some(value))
    })
}

/// Removes a member.
///
/// # Errors
/// A usage error for a path that leads nowhere.
pub fn unset(body: &mut Value, path: &str) -> Result<()> {
    at(body, &steps(path)?, path, &mut |place| match place {
        Some(_) => Ok(None),
        None => Err(nowhere(path, "it is not there")),
    })
}

enum Step<'a> {
    Member(&'a str),
    Element(usize),
}

fn steps(path: &str) -> Result<Vec<Step<'_>>> {
    let bad = || {
        Error::usage(format!("{path:?} is not a path"))
            .hint("for example VideoId or StreamInfos[0].Height")
    };
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (name, mut rest) = part.split_at(part.find('[').unwrap_or(part.len()));
        if name.is_empty() {
            return Err(bad());
        }
        steps.push(Step::Member(name));
        while let Some(inner) = rest.strip_prefix('[') {
            let (index, after) = inner.split_once(']').ok_or_else(bad)?;
            steps.push(Step::Element(index.parse().map_err(|_| bad())?));
            rest = after;
        }
        if !rest.is_empty() {
            return Err(bad());
        }
    }
    Ok(steps)
}

/// What is to stand at a place, given what stands there; `None` removes it.
type Change<'a> = &'a mut dyn FnMut(Option<&mut Value>) -> Result<Option<Value>>;

/// Walks to the place and puts there what `change` makes of it.
fn at(value: &mut Value, steps: &[Step<'_>], path: &str, change: Change<'_>) -> Result<()> {
    if let Value::String(text) = value
        && let Some(mut inner) = literal(text).filter(|inner| inner.is_object() || inner.is_array())
    {
        at(&mut inner, steps, path, change)?;
        *text = inner.to_string();
        return Ok(());
    }
    match (steps, value) {
        ([Step::Member(name)], Value::Object(members)) => member(members, name, change),
        ([Step::Element(index)], Value::Array(elements)) => {
            let length = elements.len();
            if *index > length {
                let why = format!("the list has {length} elements");
                return Err(nowhere(path, &why));
            }
            match change(elements.get_mut(*index))? {
                Some(value) if *index == length => elements.push(value),
                Some(value) => elements[*index] = value,
                None => drop(elements.remove(*index)),
            }
            Ok(())
        }
        ([Step::Member(name), rest @ ..], Value::Object(members)) => match members.get_mut(*name) {
            Some(inner) => at(inner, rest, path, change),
            None => Err(nowhere(path, &format!("there is no {name}"))),
        },
        ([Step::Element(index), rest @ ..], Value::Array(elements)) => {
            match elements.get_mut(*index) {
                Some(inner) => at(inner, rest, path, change),
                None => Err(nowhere(path, &format!("there is no element {index}"))),
            }
        }
        ([Step::Member(name), ..], _) => Err(nowhere(
            path,
            &format!("what should hold {name} is no object"),
        )),
        _ => Err(nowhere(path, "what should hold the element is no list")),
    }
}

fn member(members: &mut Map<String, Value>, name: &str, change: Change<'_>) -> Result<()> {
    match change(members.get_mut(name))? {
        Some(value) => drop(members.insert(name.to_owned(), value)),
        // The others keep their order.
        None => drop(members.shift_remove(name)),
    }
    Ok(())
}

fn nowhere(path: &str, why: &str) -> Error {
    Error::usage(format!("{path} leads nowhere in this event: {why}"))
        .hint("vodcb events show NAME --sample prints the members")
}

fn literal(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// The text as a value like the one that is there; a new member is what it looks like.
fn of_same_type(path: &str, present: Option<&Value>, text: &str) -> Result<Value> {
    let wrong = |kind: &str| {
        Error::usage(format!("{path} is {kind}, and {text:?} is none"))
            .hint(format!("to change its type as well: {path}:=JSON"))
    };
    let value = literal(text);
    match present {
        Some(Value::String(_)) => Ok(Value::from(text)),
        Some(Value::Number(_)) => value
            .filter(Value::is_number)
            .ok_or_else(|| wrong("a number")),
        Some(Value::Bool(_)) => value
            .filter(Value::is_boolean)
            .ok_or_else(|| wrong("true or false")),
        Some(Value::Array(_)) => value.filter(Value::is_array).ok_or_else(|| wrong("a list")),
        Some(Value::Object(_)) => value
            .filter(Value::is_object)
            .ok_or_else(|| wrong("an object")),
        Some(Value::Null) | None => Ok(value.unwrap_or_else(|| Value::from(text))),
    }
}
