//! The walk through a body: every plain value becomes a row, every difference a remark.
//!
//! Objects, lists, JSON texts and maps are followed where the catalogue says how to read them. The
//! walk is bounded in rows and depth, since bodies come from strangers.

use serde_json::{Map, Value};

use super::catalogue::{self, Field};
use super::check;
use super::explain::{FieldRow, Outcome};
use super::path::bracketed;

const MOST_ROWS: usize = 10_000;
/// The deepest documented body has 7 levels.
const DEEPEST: usize = 64;
/// Keys longer than this are cut in paths.
const LONGEST_KEY: usize = 100;

/// Where in the body the walk stands, and what is known about the place.
#[derive(Clone, Default)]
struct Place<'a> {
    path: String,
    depth: usize,
    field: Option<&'a Field>,
    /// False where only the members shared by many events explain it.
    documented: bool,
}

impl<'a> Place<'a> {
    fn member(&self, key: &str, field: Option<&'a Field>, documented: bool) -> Self {
        let path = match (is_plain(key), self.path.is_empty()) {
            (true, true) => key.to_owned(),
            (true, false) => format!("{}.{key}", self.path),
            (false, _) => {
                let key = bracketed(&check::clip(key, LONGEST_KEY));
                format!("{}{key}", self.path)
            }
        };
        Place {
            path,
            depth: self.depth + 1,
            field,
            documented,
        }
    }

    fn element(&self, index: usize) -> Self {
        Place {
            path: format!("{}[{index}]", self.path),
            depth: self.depth + 1,
            ..self.clone()
        }
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= LONGEST_KEY
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// The walk through a body. It ends when the rows are full.
pub struct Walk {
    result: Outcome,
    /// Every plain value so far.
    pub rows: Vec<FieldRow>,
    /// Peculiarities of the body.
    pub notes: Vec<String>,
    /// What differs from the documentation.
    pub warnings: Vec<String>,
    full: bool,
}

impl Walk {
    /// A walk through the body of a job that ended so.
    pub fn new(result: Outcome) -> Self {
        Walk {
            result,
            rows: Vec::new(),
            notes: Vec::new(),
            warnings: Vec::new(),
            full: false,
        }
    }

    /// Walks through a whole body with these documented members.
    pub fn body(&mut self, members: &Map<String, Value>, fields: &[Field]) {
        self.object(members, &Place::default(), fields, false);
    }

    fn object(
        &mut self,
        members: &Map<String, Value>,
        place: &Place,
        fields: &[Field],
        is_map: bool,
    ) {
        if !is_map {
            self.warnings
                .extend(check::missing(members, &place.path, fields, self.result));
        }
        for (key, value) in members {
            if self.full {
                return;
            }
            if is_map {
                self.map_value(&place.member(key, None, true), value, fields);
            } else {
                self.member(key, value, place, fields);
            }
        }
    }

    /// A value under a free name, for example a step of a workflow under the name of the step.
    fn map_value(&mut self, place: &Place, value: &Value, fields: &[Field]) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                self.object(members, place, fields, false)
            }
            _ => self.descend(value, place),
        }
    }

    fn member(&mut self, key: &str, value: &Value, parent: &Place, fields: &[Field]) {
        let name = key.trim();
        if name != key {
            self.notes.push(blanks(name));
        }
        let named = |field: &&Field| field.name == name;
        let own = fields.iter().find(named);
        let common = || catalogue::catalogue().common_fields.iter().find(named);
        let field = own.or_else(|| common().filter(|_| parent.depth == 0));
        let place = parent.member(name, field, own.is_some());
        if let Some(own) = own {
            self.warnings.extend(check::value(own, &place.path, value));
            self.part(own, value, parent);
        }
        self.descend(value, &place);
    }

    /// Says which part failed of a job that went well as a whole.
    fn part(&mut self, field: &Field, value: &Value, parent: &Place) {
        let failed = || value.as_str().map(Outcome::of) == Some(Outcome::Failure);
        if parent.depth > 0 && self.result == Outcome::Success && field.name == "Status" && failed()
        {
            self.notes.push(failed_part(&parent.path));
        }
    }

    fn descend(&mut self, value: &Value, place: &Place) {
        let fields = place.field.map_or(&[][..], Field::members);
        let deeper = place.depth < DEEPEST;
        match value {
            Value::Object(members) if deeper && !members.is_empty() => {
                self.object(
                    members,
                    place,
                    fields,
                    place.field.is_some_and(Field::is_map),
                );
            }
            Value::Array(list) if deeper && !list.is_empty() => {
                for (index, element) in list.iter().enumerate() {
                    if self.full {
                        return;
                    }
                    self.descend(element, &place.element(index));
                }
            }
            Value::String(text) if deeper && !fields.is_empty() => match check::json_text(text) {
                Some(inner) => self.descend(
                    &inner,
                    &Place {
                        depth: place.depth + 1,
                        ..place.clone()
                    },
                ),
                None => self.row(value, place),
            },
            _ => self.row(value, place),
        }
    }

    fn row(&mut self, value: &Value, place: &Place) {
        if self.rows.len() == MOST_ROWS {
            self.full = true;
            // In front, since the list of warnings is cut at its end.
            self.warnings.insert(0, too_many());
            return;
        }
        self.rows.push(FieldRow {
            path: place.path.clone(),
            value: value.clone(),
            documented: place.documented,
            json_type: place.field.map(|field| field.json_type.clone()),
            meaning: place.field.map(|field| field.description.clone()),
        });
    }
}

fn blanks(name: &str) -> String {
    format!(
        "the name of {} has blanks around it; it was read without them",
        check::clip(name, LONGEST_KEY)
    )
}

fn failed_part(path: &str) -> String {
    format!("{path} failed, although the event as a whole reports success")
}

fn too_many() -> String {
    format!("the body has more than {MOST_ROWS} values; the rest is not explained")
}
