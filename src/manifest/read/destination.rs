//! Where events go, and where the key is that signs them.

use super::{Layers, Reader, first};
use crate::callback::{Method, queue, url};
use crate::manifest::Declaring;
use crate::manifest::fields::{on_or_off, switch, text, texts, word};
use crate::manifest::problem::Problem;
use crate::manifest::reference::{KeyReference, KeySource};
use crate::manifest::tree::{Pair, Span, Value};
use crate::target::Region;

impl Reader<'_> {
    /// A destination of its own hides the default one, and what belongs to that.
    pub(super) fn destination(&mut self, span: &Span, layers: Layers<'_>) -> Option<Declaring> {
        let (own_url, own_queue) = (layers.own.get("url"), layers.own.get("mns_queue"));
        let (url, queue) = match (own_url, own_queue) {
            (Some(url), Some(queue)) => {
                self.both(queue);
                // Whichever of the two is kept has to be right.
                self.http(url, layers);
                self.queue(queue, layers);
                self.method(layers);
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
                self.nowhere(span, layers);
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
                let problem = Problem::at(&pair.span, message).hiding_the_rest();
                self.problems.push(problem.hint("leave it out"));
            }
        }
        if let Some((said, at)) = self.method(layers)
            && said != method.as_str()
        {
            let message = format!(
                "method is {said}, but the destination is that of {}",
                method.as_str()
            );
            let problem = Problem::at(at, message);
            self.problems
                .push(problem.hint("the destination tells the method; it may be left out"));
        }
        destination
    }

    /// Events go nowhere. What stands there beside is judged all the same: a key in the file is the worst mistake.
    fn nowhere(&mut self, span: &Span, layers: Layers<'_>) {
        let problem = Problem::at(&first(span), "a callback has neither url nor mns_queue");
        self.problems.push(problem
            .hint("say where events go, or state = \"absent\" for no callback, or protected = true to leave it as it is"));
        self.method(layers);
        if let Some(pair) = layers.own.get("auth_key") {
            self.key(pair);
        }
    }

    /// The method that is said, and where.
    fn method<'t>(&mut self, layers: Layers<'t>) -> Option<(&'t str, &'t Span)> {
        let pair = layers.own.get("method")?;
        let said = word(pair, ["HTTP", "MNS"], &mut self.problems)?;
        Some((said, &pair.node.span))
    }

    pub(super) fn both(&mut self, queue: &Pair) {
        let problem = Problem::at(&queue.span, "url and mns_queue exclude each other");
        self.problems
            .push(problem.hint("a callback goes to one place; leave one of the two out"));
    }

    fn http(&mut self, pair: &Pair, layers: Layers<'_>) -> Option<Declaring> {
        let url = text(pair, &mut self.problems)
            .and_then(|url| Some((url, self.of(&pair.node.span, url::check(url))?)));
        if let Some((_, warnings)) = &url
            && self.warned.insert(pair.node.span.start)
        {
            let place = self.source.place(pair.node.span.start);
            let warnings = warnings.iter().map(|warning| format!("{place}: {warning}"));
            self.manifest.warnings.extend(warnings);
        }
        // Each is judged before one that is wrong ends it.
        let said = layers
            .get("auth")
            .map(|pair| on_or_off(pair, &mut self.problems));
        let key = layers.get("auth_key").map(|pair| self.key(pair));
        let ((url, _), said, key) = (url?, right(said)?, right(key)?);
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
        let name = text(pair, &mut self.problems).filter(|name| {
            let checked = queue::check_name(name);
            self.of(&pair.node.span, checked).is_some()
        });
        // Where it is is judged before a wrong name ends it.
        let declared = self.queue_at(layers, name.unwrap_or_default());
        name.and(declared)
    }

    fn queue_at(&mut self, layers: Layers<'_>, queue: &str) -> Option<Declaring> {
        let queue = queue.to_owned();
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
            return Some(Declaring::QueueAt { endpoint, queue });
        }
        let account_id = layers.get("account_id").map(|pair| {
            let id = text(pair, &mut self.problems)?;
            self.of(&pair.node.span, queue::check_account_id(id))?;
            Some(id.to_owned())
        });
        let pair = layers.get("mns_region").or_else(|| layers.get("region"))?;
        // The target's own region was judged with the target.
        let region = match pair.name.as_str() {
            "region" => Region::parse_strict(text(pair, &mut Vec::new())?).ok()?,
            _ => text(pair, &mut self.problems)
                .and_then(|id| self.of(&pair.node.span, Region::parse_strict(id)))?,
        };
        Some(Declaring::Queue {
            account_id: right(account_id)?,
            region,
            queue,
        })
    }

    pub(super) fn key(&mut self, pair: &Pair) -> Option<KeyReference> {
        const EXAMPLE: &str = "for example auth_key = { env = \"VOD_CALLBACK_KEY\" }, { file = \"key.txt\" } or { command = [\"pass\", \"vod\"] }";
        let at = |message: &str| Problem::at(&pair.span, message).hiding_the_rest();
        let Value::Table(sources) = &pair.node.value else {
            let problem =
                at("auth_key is no reference, and a key itself is never written into a manifest");
            self.problems.push(problem.hint(EXAMPLE));
            return None;
        };
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
            // It may be the key itself.
            _ => {
                let message = "auth_key names a source that is neither env, file nor command";
                self.problems.push(at(message).hint(EXAMPLE));
                return None;
            }
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
}

/// A value that may be left out: nothing when it is given and wrong.
fn right<T>(given: Option<Option<T>>) -> Option<Option<T>> {
    match given {
        Some(None) => None,
        Some(value) => Some(value),
        None => Some(None),
    }
}
