//! Changes to a body: one value is set or taken out, and the types of the others stay.
//!
//! A text that holds JSON is walked like the object in it and written again as text, since several
//! documented members are such texts.

use serde_json::{Map, Value};

use super::catalogue::{self, Field};
use super::check;
use super::path::{Path, Step, shown};
use crate::error::{Error, Result};

/// More members than this are not listed in an error.
const MOST_LISTED: usize = 20;

/// One change to a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Sets a value.
    Set {
        /// Where.
        path: Path,
        /// To what.
        new: New,
    },
    /// Takes a member or an element out.
    Unset(Path),
}

/// A value as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum New {
    /// `PATH=TEXT`: takes the type of the value it replaces.
    Text(String),
    /// `PATH:=JSON`: whatever it is.
    Json(Value),
}

impl Edit {
    /// Reads `PATH=TEXT` or `PATH:=JSON`.
    ///
    /// # Errors
    /// A usage error for anything else.
    pub fn set(text: &str) -> Result<Self> {
        let (path, rest) = Path::read(text)?;
        if let Some(json) = rest.strip_prefix(":=") {
            let new = serde_json::from_str(json).map_err(|error| {
                Error::usage(format!("the value for {path} is not JSON"))
                    .cause(error.to_string())
                    .hint(format!(
                        "for text write {path}=TEXT, or quote it: {path}:='\"TEXT\"'"
                    ))
            })?;
            let new = New::Json(new);
            return Ok(Edit::Set { path, new });
        }
        let Some(new) = rest.strip_prefix('=') else {
            return Err(Error::usage(format!("{text:?} sets nothing")).hint(format!(
                "write {path}=TEXT, or {path}:=JSON for any JSON value"
            )));
        };
        let new = New::Text(new.to_owned());
        Ok(Edit::Set { path, new })
    }

    /// Reads the path of what is taken out.
    ///
    /// # Errors
    /// A usage error for what is no path.
    pub fn unset(text: &str) -> Result<Self> {
        Path::parse(text).map(Edit::Unset)
    }

    /// Where the change happens.
    pub fn path(&self) -> &Path {
        match self {
            Edit::Set { path, .. } | Edit::Unset(path) => path,
        }
    }

    /// Changes a body. A member that the documentation does not know is a remark, as it may be a typo.
    ///
    /// # Errors
    /// A usage error that names the path and what is there instead.
    pub fn apply(&self, body: &mut Value) -> Result<Option<String>> {
        let event = body
            .get("EventType")
            .and_then(Value::as_str)
            .and_then(catalogue::find);
        let fields = event.map_or(&[][..], |event| &event.fields);
        let steps = self.path().steps();
        match self {
            Edit::Unset(_) => unset(body, steps, 0).map(|()| None),
            Edit::Set { new, .. } => {
                let documented = documented(fields, steps);
                let made = Setting {
                    steps,
                    new,
                    documented,
                }
                .at(body, 0)?;
                let stranger = made && documented.is_none() && event.is_some();
                Ok(stranger.then(|| unknown(self.path(), fields)))
            }
        }
    }
}

/// A value on its way to its place.
struct Setting<'a> {
    steps: &'a [Step],
    new: &'a New,
    documented: Option<&'a Field>,
}

impl Setting<'_> {
    /// Sets it below a value that stands `depth` steps inside the body. True when it is new there.
    fn at(&self, value: &mut Value, depth: usize) -> Result<bool> {
        let Some(step) = self.steps.get(depth) else {
            *value = like(value, self.new, &shown(self.steps))?;
            return Ok(false);
        };
        match (value, step) {
            (Value::Object(members), Step::Member(name)) => match members.get_mut(name) {
                Some(inner) => self.at(inner, depth + 1),
                None => {
                    members.insert(name.clone(), self.made(depth + 1)?);
                    Ok(true)
                }
            },
            (Value::Array(list), Step::Element(index)) => {
                let count = list.len();
                match list.get_mut(*index) {
                    Some(inner) => self.at(inner, depth + 1),
                    None if *index == count => {
                        list.push(self.made(depth + 1)?);
                        Ok(true)
                    }
                    None => Err(nothing_there(self.steps, depth, &elements(count))),
                }
            }
            (value, _) => inside_text(value, |inner| self.at(inner, depth))
                .unwrap_or_else(|| Err(wrong_kind(self.steps, depth))),
        }
    }

    /// The new value with the objects around it that are missing, too.
    fn made(&self, depth: usize) -> Result<Value> {
        match self.steps.get(depth) {
            None => self.fresh(),
            Some(Step::Member(name)) => Ok(Value::Object(Map::from_iter([(
                name.clone(),
                self.made(depth + 1)?,
            )]))),
            Some(Step::Element(0)) => Ok(Value::Array(vec![self.made(depth + 1)?])),
            Some(Step::Element(_)) => {
                Err(nothing_there(self.steps, depth, "it would be a new list"))
            }
        }
    }

    /// A value that replaces none takes the documented type; without one it is JSON if it can be.
    fn fresh(&self) -> Result<Value> {
        let path = shown(self.steps);
        match (
            self.new,
            self.documented.map(|field| field.json_type.as_str()),
        ) {
            (New::Text(_), Some("integer" | "number")) => like(&Value::from(0), self.new, &path),
            (New::Text(_), Some("boolean")) => like(&Value::Bool(false), self.new, &path),
            (New::Text(text), Some(kind)) if kind.starts_with("string") => {
                Ok(Value::from(text.clone()))
            }
            _ => like(&Value::Null, self.new, &path),
        }
    }
}

/// The new value in the type of the old one.
fn like(old: &Value, new: &New, path: &str) -> Result<Value> {
    let text = match new {
        New::Json(value) => return Ok(value.clone()),
        New::Text(text) => text,
    };
    let parsed = serde_json::from_str::<Value>(text).ok();
    let (kept, kind) = match old {
        Value::String(_) => (Some(Value::from(text.clone())), "a text"),
        Value::Null => {
            let exact = parsed.filter(|value| is_exact(value, text));
            (exact.or_else(|| Some(Value::from(text.clone()))), "null")
        }
        Value::Number(_) => (parsed.filter(Value::is_number), "a number"),
        Value::Bool(_) => (parsed.filter(Value::is_boolean), "true or false"),
        Value::Array(_) => (parsed.filter(Value::is_array), "a list"),
        Value::Object(_) => (parsed.filter(Value::is_object), "an object"),
    };
    kept.ok_or_else(|| {
        Error::usage(format!("{path} is {kind}, and {text:?} is none"))
            .hint(format!("to change its type as well: {path}:=JSON"))
    })
}

/// False for digits that a number of JSON cannot hold, such as those of a long id.
fn is_exact(value: &Value, text: &str) -> bool {
    let written = value.to_string();
    !value.is_number() || text.contains(['.', 'e', 'E']) || written == text
}

fn unset(value: &mut Value, steps: &[Step], depth: usize) -> Result<()> {
    let last = depth + 1 == steps.len();
    match (value, &steps[depth]) {
        (Value::Object(members), Step::Member(name)) => {
            let names: Vec<&String> = members.keys().take(MOST_LISTED).collect();
            let missing = nothing_there(steps, depth, &there_is(&names));
            if last {
                // Keeps the order of the others.
                return members.shift_remove(name).map(|_| ()).ok_or(missing);
            }
            unset(members.get_mut(name).ok_or(missing)?, steps, depth + 1)
        }
        (Value::Array(list), Step::Element(index)) => {
            let missing = nothing_there(steps, depth, &elements(list.len()));
            let inner = list.get_mut(*index).ok_or(missing)?;
            if last {
                list.remove(*index);
                return Ok(());
            }
            unset(inner, steps, depth + 1)
        }
        (value, _) => inside_text(value, |inner| unset(inner, steps, depth))
            .unwrap_or_else(|| Err(wrong_kind(steps, depth))),
    }
}

/// Changes the JSON in a text; `None` when it is none.
fn inside_text<T>(
    value: &mut Value,
    change: impl FnOnce(&mut Value) -> Result<T>,
) -> Option<Result<T>> {
    let mut inner = value.as_str().and_then(check::json_text)?;
    let changed = change(&mut inner);
    *value = Value::from(inner.to_string());
    Some(changed)
}

/// What the documentation says about the place.
fn documented<'a>(fields: &'a [Field], steps: &[Step]) -> Option<&'a Field> {
    let mut known = fields;
    let mut found: Option<&Field> = None;
    let mut in_map = false;
    for step in steps {
        let Step::Member(name) = step else { continue };
        if std::mem::take(&mut in_map) {
            continue;
        }
        let field = known.iter().find(|field| field.name == *name)?;
        in_map = field.is_map();
        known = field.members();
        found = Some(field);
    }
    found
}

fn unknown(path: &Path, fields: &[Field]) -> String {
    let name = shown(&path.steps()[..1]);
    let alike = fields
        .iter()
        .map(|field| {
            (
                strsim::jaro_winkler(&field.name.to_lowercase(), &name.to_lowercase()),
                &field.name,
            )
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, other)| *likeness > 0.85 && **other != name);
    let meant = alike
        .map(|(_, other)| format!("; did you mean {other}?"))
        .unwrap_or_default();
    format!("{path} is a new member that the documentation of the event does not have{meant}")
}

fn elements(count: usize) -> String {
    match count {
        1 => "there is one element".to_owned(),
        count => format!("there are {count} elements"),
    }
}

fn there_is(names: &[&String]) -> String {
    if names.is_empty() {
        return "nothing is there".to_owned();
    }
    let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    format!("there is {}", names.join(", "))
}

fn nothing_there(steps: &[Step], depth: usize, what: &str) -> Error {
    Error::usage(format!("there is no {}", shown(&steps[..=depth]))).cause(match depth {
        0 => format!("in the body: {what}"),
        _ => format!("in {}: {what}", shown(&steps[..depth])),
    })
}

fn wrong_kind(steps: &[Step], depth: usize) -> Error {
    let kind = match &steps[depth] {
        Step::Member(_) => "no object",
        Step::Element(_) => "no list",
    };
    let place = match depth {
        0 => "the body".to_owned(),
        _ => shown(&steps[..depth]),
    };
    Error::usage(format!("there is no {}", shown(&steps[..=depth])))
        .cause(format!("{place} is {kind}"))
}
