//! From the tree to declarations: every rule of the file.
//!
//! Mistakes are gathered, so that one run tells them all. A value that is wrong is told once, and what
//! depends on it is not judged.

use std::collections::{BTreeMap, BTreeSet};

use super::fields::{Fields, switch, text, texts, word};
use super::problem::{Problem, Source};
use super::reference::{KeyReference, KeySource};
use super::tree::{Node, Pair, Span, Value};
use super::{Declaration, Declared, Declaring, Entry, Manifest, VERSION};
use crate::callback::{Method, queue, url};
use crate::error::{Error, Result};
use crate::event::{EventSelection, EventType};
use crate::target::{AppId, Region, Target};

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
    seen: BTreeMap<Target, usize>,
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
        if let (Some(_), Some(queue)) = (defaults.get("url"), defaults.get("mns_queue")) {
            self.both(queue);
        }
        let Some(list) = top.get("callback") else {
            return;
        };
        let Value::List(entries) = &list.node.value else {
            let message = format!(
                "callback is {}, and has to be a list of tables",
                list.node.value.kind()
            );
            let problem = Problem::at(&list.span, message);
            self.problems
                .push(problem.hint("TOML writes each as [[callback]]"));
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
            }) => Problem::at(
                span,
                format!("schema is {other}, and this version reads {VERSION} only"),
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
        let region =
            text(pair, &mut self.problems).and_then(|id| self.of(&pair.node.span, region(id)));
        let app_id = match layers.get("app_id") {
            Some(pair) => text(pair, &mut self.problems)
                .and_then(|id| self.of(&pair.node.span, AppId::parse(id)))?,
            None => AppId::default(),
        };
        let target = Target {
            region: region?,
            app_id,
        };
        match self.seen.get(&target) {
            Some(first_at) => {
                let first_at = self.source.place(*first_at);
                let problem = Problem::at(&first(span), format!("{target} is declared twice"))
                    .note(format!("first at {first_at}"));
                self.problems
                    .push(problem.hint("one target has one callback; leave one of the two out"));
                None
            }
            None => {
                self.seen.insert(target.clone(), span.start);
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
        if protected && let Some(pair) = layers.own.get("state") {
            let problem = Problem::at(&pair.node.span, "a protected callback cannot be absent");
            self.problems
                .push(problem.hint("say protected = false here to have it deleted"));
            return None;
        }
        let described = CALLBACK
            .iter()
            .find_map(|name| (*name != "state").then(|| layers.own.get(name)).flatten());
        if let Some(pair) = described {
            let message = format!("{} does not go with state = \"absent\"", pair.name);
            let problem = Problem::at(&pair.span, message).hiding_the_rest();
            self.problems
                .push(problem.hint("an absent callback has a region and an app_id only"));
            return None;
        }
        Some(Declared::Absent)
    }

    /// A destination of its own hides the default one, and what belongs to that.
    fn destination(&mut self, span: &Span, layers: Layers<'_>) -> Option<Declaring> {
        let (own_url, own_queue) = (layers.own.get("url"), layers.own.get("mns_queue"));
        let (url, queue) = match (own_url, own_queue) {
            (Some(_), Some(queue)) => {
                self.both(queue);
                return None;
            }
            (None, None) => (layers.defaults.get("url"), layers.defaults.get("mns_queue")),
            own => own,
        };
        let (destination, method, foreign): (_, _, &[&str]) = match (url, queue) {
            (Some(url), _) => (
                self.http(url, layers),
                Method::Http,
                &[
                    "mns_region",
                    "mns_endpoint",
                    "account_id",
                    "allow_internal_endpoint",
                ],
            ),
            (None, Some(queue)) => (
                self.queue(queue, layers),
                Method::Mns,
                &["auth", "auth_key"],
            ),
            (None, None) => {
                let problem = Problem::at(&first(span), "a callback has neither url nor mns_queue");
                self.problems.push(problem
                    .hint("say where events go, or state = \"absent\" for no callback, or protected = true to leave it as it is"));
                return None;
            }
        };
        for name in foreign {
            if let Some(pair) = layers.own.get(name) {
                let what = if method == Method::Http {
                    "a url"
                } else {
                    "an mns_queue"
                };
                let message = format!("{name} does not go with {what}");
                self.problems
                    .push(Problem::at(&pair.span, message).hiding_the_rest());
            }
        }
        if let Some(pair) = layers.own.get("method")
            && let Some(said) = word(pair, ["HTTP", "MNS"], &mut self.problems)
            && said != method.as_str()
        {
            let message = format!(
                "method is {said}, but the destination is that of {}",
                method.as_str()
            );
            let problem = Problem::at(&pair.node.span, message);
            self.problems
                .push(problem.hint("the destination tells the method; it may be left out"));
        }
        destination
    }

    fn both(&mut self, queue: &Pair) {
        let problem = Problem::at(&queue.span, "url and mns_queue exclude each other");
        self.problems
            .push(problem.hint("a callback goes to one place; leave one of the two out"));
    }

    fn http(&mut self, pair: &Pair, layers: Layers<'_>) -> Option<Declaring> {
        let url = text(pair, &mut self.problems)?;
        for warning in self.of(&pair.node.span, url::check(url))? {
            let place = self.source.place(pair.node.span.start);
            let warning = format!("{place}: {warning}");
            if !self.manifest.warnings.contains(&warning) {
                self.manifest.warnings.push(warning);
            }
        }
        let said = match layers.get("auth") {
            Some(pair) => Some(word(pair, ["on", "off"], &mut self.problems)? == "on"),
            None => None,
        };
        let key = match layers.get("auth_key") {
            Some(pair) => Some(self.key(pair)?),
            None => None,
        };
        let on = said.unwrap_or(key.is_some());
        if on && key.is_none() {
            let at = layers
                .get("auth")
                .map_or(&pair.span, |pair| &pair.node.span);
            let problem = Problem::at(at, "auth is on, but there is no auth_key");
            self.problems.push(problem.hint(
                "say where the key is, for example auth_key = { env = \"VOD_CALLBACK_KEY\" }",
            ));
            return None;
        }
        Some(Declaring::Http {
            url: url.to_owned(),
            on,
            key,
        })
    }

    fn queue(&mut self, pair: &Pair, layers: Layers<'_>) -> Option<Declaring> {
        let name = text(pair, &mut self.problems)?;
        self.of(&pair.node.span, queue::check_name(name))?;
        let internal = match layers.get("allow_internal_endpoint") {
            Some(pair) => switch(pair, &mut self.problems)?,
            None => false,
        };
        let own = ["mns_region", "account_id"]
            .iter()
            .find_map(|name| layers.own.get(name));
        let endpoint = match (layers.own.get("mns_endpoint"), own) {
            (Some(_), Some(other)) => {
                let message = format!("mns_endpoint and {} exclude each other", other.name);
                let problem = Problem::at(&other.span, message);
                self.problems
                    .push(problem.hint("the endpoint names account and region"));
                return None;
            }
            (None, Some(_)) => None,
            _ => layers.get("mns_endpoint"),
        };
        if let Some(pair) = endpoint {
            let endpoint = text(pair, &mut self.problems)?;
            let endpoint = self.of(&pair.node.span, queue::check_endpoint(endpoint, internal))?;
            return Some(Declaring::QueueAt {
                endpoint,
                queue: name.to_owned(),
            });
        }
        let account_id = match layers.get("account_id") {
            Some(pair) => {
                let id = text(pair, &mut self.problems)?;
                self.of(&pair.node.span, queue::check_account_id(id))?;
                Some(id.to_owned())
            }
            None => None,
        };
        let pair = layers.get("mns_region").or_else(|| layers.get("region"))?;
        // The target's own region was judged with the target.
        let region = match pair.name.as_str() {
            "region" => region(text(pair, &mut Vec::new())?).ok()?,
            _ => text(pair, &mut self.problems)
                .and_then(|id| self.of(&pair.node.span, region(id)))?,
        };
        Some(Declaring::Queue {
            account_id,
            region,
            queue: name.to_owned(),
        })
    }

    fn key(&mut self, pair: &Pair) -> Option<KeyReference> {
        const SOURCES: [&str; 3] = ["env", "file", "command"];
        const EXAMPLE: &str = "for example auth_key = { env = \"VOD_CALLBACK_KEY\" }, { file = \"key.txt\" } or { command = [\"pass\", \"vod\"] }";
        let at = |message: &str| Problem::at(&pair.span, message).hiding_the_rest();
        let Value::Table(sources) = &pair.node.value else {
            let problem =
                at("auth_key is no reference, and a key itself is never written into a manifest");
            self.problems.push(problem.hint(EXAMPLE));
            return None;
        };
        Fields::of(&pair.node, "a reference", &SOURCES, &mut self.problems)?;
        let [one] = &sources[..] else {
            self.problems
                .push(at("auth_key has to name one source").hint(EXAMPLE));
            return None;
        };
        let mut wrong = Vec::new();
        let source = match one.name.as_str() {
            "env" => text(one, &mut wrong).map(|name| KeySource::Env(name.to_owned())),
            "file" => text(one, &mut wrong).map(|path| KeySource::File(path.to_owned())),
            "command" => texts(one, &mut wrong).map(|words| {
                KeySource::Command(words.iter().map(|(word, _)| (*word).to_owned()).collect())
            }),
            _ => None,
        };
        // What stands there in place of a name may be the key, so the mark is on the name.
        self.problems.extend(wrong.into_iter().map(|problem| {
            Problem {
                span: one.span.clone(),
                ..problem
            }
            .hiding_the_rest()
        }));
        let source = source?;
        let empty = match &source {
            KeySource::Env(name) => name.is_empty() || name.contains(['=', '\0']),
            KeySource::File(path) => path.is_empty(),
            KeySource::Command(words) => words.first().is_none_or(String::is_empty),
        };
        if empty {
            let message = format!("{} names nothing", one.name);
            self.problems.push(
                Problem::at(&one.span, message)
                    .hiding_the_rest()
                    .hint(EXAMPLE),
            );
            return None;
        }
        Some(KeyReference {
            source,
            place: self.source.place(pair.span.start),
        })
    }

    fn events(&mut self, span: &Span, layers: Layers<'_>) -> Option<EventSelection> {
        let Some(pair) = layers.get("events") else {
            let problem = Problem::at(
                &first(span),
                "a callback does not say which events it sends",
            );
            self.problems.push(problem.hint("name them here or in defaults: events = [\"FileUploadComplete\"], \"ALL\" or \"none\""));
            return None;
        };
        let unknown = match layers.get("allow_unknown_events") {
            Some(pair) => switch(pair, &mut self.problems)?,
            None => false,
        };
        if let Value::Text(word) = &pair.node.value {
            return match word.to_ascii_lowercase().as_str() {
                "all" => Some(EventSelection::All),
                "none" => Some(EventSelection::None),
                _ => {
                    let message =
                        format!("events is {word:?}, and has to be a list, \"ALL\" or \"none\"");
                    self.problems.push(Problem::at(&pair.node.span, message));
                    None
                }
            };
        }
        let names = texts(pair, &mut self.problems)?;
        if let [(one, _)] = names[..]
            && one.eq_ignore_ascii_case("ALL")
        {
            return Some(EventSelection::All);
        }
        let mut events = BTreeSet::new();
        let count = names.len();
        let before = self.problems.len();
        for (name, at) in names {
            if count > 1 && name.eq_ignore_ascii_case("ALL") {
                let problem = Problem::at(at, "ALL stands among other events");
                self.problems
                    .push(problem.hint("ALL stands alone: events = \"ALL\""));
            } else {
                events.extend(self.of(at, event(name, unknown)));
            }
        }
        (self.problems.len() == before).then(|| EventSelection::only(events))
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

fn region(id: &str) -> Result<Region> {
    Region::parse_strict(id).map_err(|mut error| {
        error.hints.truncate(1);
        error.hint("vodcb regions lists them all")
    })
}

/// With `allow_unknown` also a name that stands on a stored list although it cannot be subscribed.
fn event(name: &str, allow_unknown: bool) -> Result<EventType> {
    EventType::parse(name, false).or_else(|mut error| {
        let well_formed = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
        if allow_unknown && well_formed {
            return Ok(EventType::from_service(name));
        }
        if well_formed && error.hints.len() > 1 {
            error.hints.truncate(1);
            error.hints.push("vodcb events list shows all of them; allow_unknown_events = true lets a new name pass".to_owned());
        }
        Err(error)
    })
}

/// What is a flag on the command line is a name in a file.
fn in_the_words_of_a_file(mut error: Error) -> Error {
    const WORDS: [(&str, &str); 4] = [
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
    // The line itself is shown.
    error.causes.retain(|cause| !cause.starts_with("given: "));
    for said in error.hints.iter_mut().chain([&mut error.message]) {
        for (flag, name) in WORDS {
            *said = said.replace(flag, name);
        }
    }
    error
}
