//! The three syntaxes, and how each becomes a tree.

mod json;
mod mend;
mod toml;
mod yaml;

use super::problem::Problem;
use super::tree::{Node, Span};

/// How a manifest is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Syntax {
    /// TOML 1.1
    #[default]
    Toml,
    /// YAML 1.2
    Yaml,
    /// JSON
    Json,
}

impl Syntax {
    /// The syntax that the ending of a file's name tells.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "toml" => Some(Syntax::Toml),
            "yaml" | "yml" => Some(Syntax::Yaml),
            "json" => Some(Syntax::Json),
            _ => None,
        }
    }

    /// The syntax that a text looks like: JSON begins with a brace; the first line of TOML that says
    /// something is a heading or has an equals sign before any colon; all else is YAML.
    pub fn of_text(text: &str) -> Self {
        let text = text.trim_start_matches('\u{FEFF}');
        let first = text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'))
            .unwrap_or_default();
        let name = first.split(['=', ':']).next().unwrap_or_default();
        if first.starts_with('{') {
            Syntax::Json
        } else if first.starts_with('[') || first[name.len()..].starts_with('=') || first.is_empty()
        {
            Syntax::Toml
        } else {
            Syntax::Yaml
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Syntax::Toml => "TOML",
            Syntax::Yaml => "YAML",
            Syntax::Json => "JSON",
        }
    }

    /// A hint whose examples are written as in TOML, in this syntax.
    pub(super) fn example(self, hint: &str) -> String {
        match self {
            Syntax::Toml => hint.to_owned(),
            Syntax::Yaml => hint.replace(" = ", ": "),
            Syntax::Json => {
                let mut pieces: Vec<String> = hint.split(" = ").map(str::to_owned).collect();
                let last = pieces.pop();
                for piece in &mut pieces {
                    let name = piece.rfind(' ').map_or(0, |at| at + 1);
                    piece.insert(name, '"');
                    piece.push('"');
                }
                pieces
                    .into_iter()
                    .chain(last)
                    .collect::<Vec<_>>()
                    .join(": ")
            }
        }
    }

    pub(super) fn parse(self, text: &str) -> Result<Node, Problem> {
        let tree = match self {
            Syntax::Toml => toml::parse(text),
            Syntax::Yaml => yaml::parse(text),
            Syntax::Json => json::parse(text),
        };
        tree.map_err(|mut problem| {
            // What is missing at the end is missing behind the last word, not in the empty line below.
            problem.span.start = problem.span.start.min(text.trim_end().len());
            problem
        })
    }

    /// A text that is not of this syntax, in the words of its library.
    fn refusal(self, text: &str, span: &Span, why: &str) -> Problem {
        let why = why.lines().next().unwrap_or_default();
        let why = why.split_once(" at line ").map_or(why, |(why, _)| why);
        if why.contains("recurs") {
            return too_deep(span);
        }
        let problem = Problem::unread(span, format!("this is not {}", self.name()));
        problem
            .note(why)
            .hint(mend::hint(self, why, text, span.start))
    }
}

fn too_deep(span: &Span) -> Problem {
    Problem::unread(span, "this is nested too deeply for a manifest")
        .hint("a manifest is a table with a list of callbacks, each a table; vodcb schema manifest tells all")
}
