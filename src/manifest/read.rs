//! From the tree to declarations: every rule of the file.
//!
//! Mistakes are gathered, so that one run tells them all. A value that is wrong is told once, and what
//! depends on it is not judged.

mod defaults;
mod destination;
mod events;

use std::collections::{BTreeMap, BTreeSet};

use super::fields::{Fields, switch, text, word};
use super::problem::Problem;
use super::source::Source;
use super::tree::{Node, Pair, Span, Value};
use super::{Declaration, Declared, Entry, Manifest, ONE_CALLBACK, VERSION, twice};
use crate::callback::queue;
use crate::error::{Error, Result};
use crate::target::{self, AppId, Region, Target};
use crate::text::WIDE_COMMA_HINT;

const TOP: [&str; 5] = ["schema", "$schema", "account", "defaults", "callback"];

/// What describes the callback itself.
const CALLBACK: [&str; 12] = [
    "method",
    "url",
    "auth",
    "auth_key",
    "mns_queue",
    "mns_region",
    "mns_endpoint",
    "account_id",
    "events",
    "allow_unknown_events",
    "allow_internal_endpoint",
    "state",
];

/// Whether a manifest has this name at its top or in a callback.
pub fn is_known(name: &str) -> bool {
    TOP.contains(&name) || entry_names().contains(&name)
}

/// What may stand in a `[[callback]]`.
fn entry_names() -> Vec<&'static str> {
    [&["region", "app_id"], &CALLBACK[..], &["protected"]].concat()
}

/// What may stand in `[defaults]`: all that makes sense for several targets.
fn default_names() -> Vec<&'static str> {
    let single = ["method", "state"];
    let mut names = entry_names();
    names.retain(|name| !single.contains(name));
    names
}

/// Reads a whole document.
pub fn manifest(source: &Source<'_>, tree: &Node) -> std::result::Result<Manifest, Vec<Problem>> {
    let mut reader = Reader {
        source,
        problems: Vec::new(),
        manifest: Manifest::default(),
        seen: BTreeMap::new(),
        warned: BTreeSet::new(),
    };
    reader.document(tree);
    if reader.problems.is_empty() {
        Ok(reader.manifest)
    } else {
        Err(reader.problems)
    }
}

struct Reader<'a> {
    source: &'a Source<'a>,
    problems: Vec<Problem>,
    manifest: Manifest,
    /// Each callback with the target and the place where it was declared.
    seen: BTreeMap<target::Place, (Target, usize)>,
    /// Where the URLs stand that were warned about, since a default one belongs to many targets.
    warned: BTreeSet<usize>,
}

/// The names of one target: its own, and the defaults behind them.
#[derive(Clone, Copy)]
struct Layers<'t> {
    own: Fields<'t>,
    defaults: Fields<'t>,
}

impl<'t> Layers<'t> {
    fn get(&self, name: &str) -> Option<&'t Pair> {
        self.own.get(name).or_else(|| self.defaults.get(name))
    }
}

impl Reader<'_> {
    fn document(&mut self, tree: &Node) {
        let Some(top) = Fields::of(tree, "a manifest", &TOP, &mut self.problems) else {
            return;
        };
        if !self.version(&tree.span, top) {
            return;
        }
        if let Some(pair) = top.get("account") {
            self.account(pair);
        }
        let defaults = top.get("defaults").and_then(|pair| {
            Fields::of(&pair.node, "defaults", &default_names(), &mut self.problems)
        });
        let defaults = defaults.unwrap_or(Fields::NONE);
        self.defaults(defaults);
        let Some(list) = top.get("callback") else {
            let place = self.source.place(tree.span.start);
            let warning = format!("{place}: the manifest declares no callback");
            self.manifest.warnings.push(warning);
            return;
        };
        let Value::List(entries) = &list.node.value else {
            let message = format!(
                "callback is {}, and has to be a list of tables",
                list.node.value.kind()
            );
            let problem = Problem::at(&list.span, message);
            self.problems
                .push(problem.hint("each begins with [[callback]] in TOML and with a dash in YAML, and all stand in [ ] in JSON"));
            return;
        };
        for entry in entries {
            let names = entry_names();
            if let Some(own) = Fields::of(entry, "a callback", &names, &mut self.problems) {
                self.entry(&entry.span, Layers { own, defaults });
            }
        }
    }

    /// A file of another version is not judged any further.
    fn version(&mut self, whole: &Span, top: Fields<'_>) -> bool {
        let problem = match top.get("schema").map(|pair| &pair.node) {
            Some(Node {
                value: Value::Integer(VERSION),
                ..
            }) => return true,
            Some(Node {
                value: Value::Integer(other),
                span,
                ..
            }) => Problem::at(
                span,
                format!("schema is {other}, and this version reads {VERSION} only"),
            )
            .hint(
                "vodcb schema manifest tells what this version reads; a newer vodcb may read more",
            ),
            Some(node) => {
                let message = format!(
                    "schema is {}, and has to be the number 1",
                    node.value.kind()
                );
                Problem::at(&node.span, message)
            }
            None => Problem::at(&(whole.start..whole.start), "schema is missing")
                .hint("begin the file with the version of its form: schema = 1"),
        };
        self.problems = vec![problem];
        false
    }

    fn account(&mut self, pair: &Pair) {
        let Some(id) = text(pair, &mut self.problems) else {
            return;
        };
        let place = self.source.place(pair.node.span.start);
        if self
            .of(&pair.node.span, queue::check_account_id(id))
            .is_some()
        {
            self.manifest.account = Some((id.to_owned(), place));
        }
    }

    fn entry(&mut self, span: &Span, layers: Layers<'_>) {
        let before = self.problems.len();
        let target = self.target(span, layers);
        let declared = self.declared(span, layers);
        if let (Some(target), Some(declared)) = (target, declared)
            && self.problems.len() == before
        {
            self.manifest.entries.push(Entry {
                target,
                place: self.source.place(span.start),
                declared,
            });
        }
    }

    fn target(&mut self, span: &Span, layers: Layers<'_>) -> Option<Target> {
        let Some(pair) = layers.get("region") else {
            let problem = Problem::at(&first(span), "a callback has no region");
            self.problems.push(
                problem.hint("name it here or in defaults, for example region = \"cn-shanghai\""),
            );
            return None;
        };
        let region = text(pair, &mut self.problems)
            .and_then(|id| self.of(&pair.node.span, Region::parse_strict(id)));
        let app_id = match layers.get("app_id") {
            Some(pair) => text(pair, &mut self.problems)
                .and_then(|id| self.of(&pair.node.span, AppId::parse(id)))?,
            None => AppId::default(),
        };
        let target = Target {
            region: region?,
            app_id,
        };
        match self.seen.get(&target.place()) {
            Some((first_target, first_at)) => {
                let first_at = self.source.place(*first_at);
                let problem = Problem::at(&first(span), twice(&target, first_target))
                    .note(format!("first at {first_at}"));
                self.problems.push(problem.hint(ONE_CALLBACK));
                None
            }
            None => {
                self.seen
                    .insert(target.place(), (target.clone(), span.start));
                Some(target)
            }
        }
    }

    fn declared(&mut self, span: &Span, layers: Layers<'_>) -> Option<Declared> {
        let protected = match layers.get("protected") {
            Some(pair) => switch(pair, &mut self.problems).unwrap_or_default(),
            None => false,
        };
        let state = match layers.own.get("state") {
            Some(pair) => word(pair, ["present", "absent"], &mut self.problems)?,
            None => "present",
        };
        if state == "absent" {
            return self.absent(layers, protected);
        }
        let own = layers.own.names().any(|name| CALLBACK.contains(&name));
        let destined = ["url", "mns_queue"]
            .iter()
            .any(|name| layers.get(name).is_some());
        if protected && !own && !destined {
            return Some(Declared::Kept);
        }
        let events = self.events(span, layers);
        let destination = self.destination(span, layers);
        Some(Declared::Callback(Declaration {
            destination: destination?,
            events: events?,
        }))
    }

    fn absent(&mut self, layers: Layers<'_>, protected: bool) -> Option<Declared> {
        let before = self.problems.len();
        if protected && let Some(pair) = layers.own.get("state") {
            let problem = Problem::at(&pair.node.span, "a protected callback cannot be absent");
            self.problems
                .push(problem.hint("say protected = false here to have it deleted"));
        }
        let names = CALLBACK.iter().filter(|name| **name != "state");
        for pair in names.filter_map(|name| layers.own.get(name)) {
            let message = format!("{} does not go with state = \"absent\"", pair.name);
            let problem = Problem::at(&pair.span, message).hiding_the_rest();
            self.problems
                .push(problem.hint("an absent callback has a region and an app_id only"));
        }
        (self.problems.len() == before).then_some(Declared::Absent)
    }

    /// A value that the words of the program judge.
    fn of<T>(&mut self, span: &Span, result: Result<T>) -> Option<T> {
        result
            .map_err(|error| {
                self.problems
                    .push(Problem::of(span, in_the_words_of_a_file(error)))
            })
            .ok()
    }
}

/// The beginning of a table, which may be long.
fn first(span: &Span) -> Span {
    span.start..span.start
}

/// What is a flag on the command line is a name in a file.
fn in_the_words_of_a_file(mut error: Error) -> Error {
    const WORDS: [(&str, &str); 5] = [
        (WIDE_COMMA_HINT, "each is a text of its own in the list"),
        (
            "--allow-internal-endpoint insists",
            "allow_internal_endpoint = true insists",
        ),
        ("--mns-queue", "mns_queue"),
        ("--events none", "events = \"none\""),
        (
            "separate event types by commas",
            "each event type is a text of its own",
        ),
    ];
    // The line itself is shown, unless it holds a password.
    error
        .causes
        .retain(|cause| !cause.starts_with("given: ") || cause.contains("••••"));
    for said in error.hints.iter_mut().chain([&mut error.message]) {
        for (flag, name) in WORDS {
            *said = said.replace(flag, name);
        }
    }
    error
}
