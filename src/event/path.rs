//! Where a value stands in a body, written as `vodcb events decode` shows it: `StreamInfos[0].Height`.

use crate::error::{Error, Result};

/// Bodies are walked by functions that call themselves for each step; JSON of more than 128 is not read
/// either.
const DEEPEST: usize = 100;

/// serde_json reads an object with this member as the JSON in its text, so it would not come back as written.
const RESERVED: &str = "$serde_json::private::RawValue";

/// One step from a value to one inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The member of an object.
    Member(String),
    /// The element of a list, the first being 0.
    Element(usize),
}

/// The steps from the body to a value; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(Vec<Step>);

impl Path {
    /// Reads a path to its end.
    ///
    /// # Errors
    /// A usage error that quotes the path and what cannot be read in it.
    pub fn parse(text: &str) -> Result<Self> {
        match Path::read(text)? {
            (path, "") => Ok(path),
            (_, rest) => Err(refuse(text, &format!("{rest:?} is no part of a path"))),
        }
    }

    /// Reads a path from the beginning of a text, up to the first `=`; the rest is given back.
    pub(super) fn read(text: &str) -> Result<(Self, &str)> {
        let mut steps = Vec::new();
        let mut rest = text;
        loop {
            let (step, behind) = match rest.strip_prefix('[') {
                Some(inside) => bracket(text, inside)?,
                None => name(text, rest)?,
            };
            if step == Step::Member(RESERVED.to_owned()) {
                return Err(refuse(
                    text,
                    &format!("{RESERVED:?} cannot be the name of a member"),
                ));
            }
            steps.push(step);
            if steps.len() > DEEPEST {
                return Err(refuse(text, &format!("it has more than {DEEPEST} steps")));
            }
            rest = match behind.strip_prefix('.') {
                Some(behind) => behind,
                None if behind.starts_with('[') => behind,
                None => return Ok((Path(steps), behind)),
            };
        }
    }

    /// The steps in their order.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&shown(&self.0))
    }
}

/// Steps as they are written.
pub(super) fn shown(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Element(index) => text.push_str(&format!("[{index}]")),
            Step::Member(name) if name.is_empty() || name.contains(['.', '[', ']', '=', '"']) => {
                text.push_str(&bracketed(name));
            }
            Step::Member(name) if text.is_empty() => text.push_str(name),
            Step::Member(name) => text.push_str(&format!(".{name}")),
        }
    }
    text
}

/// A name that is not plain, as JSON writes it, so that it can be read again.
pub(super) fn bracketed(name: &str) -> String {
    format!("[{}]", serde_json::Value::from(name))
}

/// A plain name: it ends before the next step and before `=` or `:=`.
fn name<'a>(whole: &str, text: &'a str) -> Result<(Step, &'a str)> {
    let end = text.find(['.', '[', '=']).unwrap_or(text.len());
    let end = if text[end..].starts_with('=') && text[..end].ends_with(':') {
        end - 1
    } else {
        end
    };
    if end == 0 {
        return Err(refuse(whole, "a name is missing"));
    }
    Ok((Step::Member(text[..end].to_owned()), &text[end..]))
}

/// What stands behind `[`: an index, or a name in quotes.
fn bracket<'a>(whole: &str, text: &'a str) -> Result<(Step, &'a str)> {
    let mut quoted = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let (step, end) = match quoted.next() {
        Some(Ok(name)) => (Step::Member(name), quoted.byte_offset()),
        _ => {
            let end = text.find(']').unwrap_or(text.len());
            let index = text[..end].parse().map_err(|_| {
                let found = &text[..end];
                refuse(
                    whole,
                    &format!("{found:?} in brackets is neither an index nor a name in quotes"),
                )
            })?;
            (Step::Element(index), end)
        }
    };
    match text[end..].strip_prefix(']') {
        Some(rest) => Ok((step, rest)),
        None => Err(refuse(whole, "a bracket is not closed")),
    }
}

fn refuse(text: &str, why: &str) -> Error {
    Error::usage(format!("{text:?} does not begin with the path of a member"))
        .cause(why)
        .hint("write it as vodcb events decode shows it, for example StreamInfos[0].Height")
}
