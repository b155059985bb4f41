//! What callbacks have in common.

use super::Reader;
use crate::callback::{queue, url};
use crate::manifest::fields::{Fields, on_or_off, switch, text};
use crate::manifest::tree::Pair;
use crate::target::{AppId, Region};

impl Reader<'_> {
    /// Judges what stands there by itself, since it may be that no callback uses it; what is said twice is told once.
    pub(super) fn defaults(&mut self, defaults: Fields<'_>) {
        for pair in defaults.pairs() {
            self.default(pair);
        }
        if let (Some(_), Some(queue)) = (defaults.get("url"), defaults.get("mns_queue")) {
            self.both(queue);
        }
    }

    fn default(&mut self, pair: &Pair) {
        match pair.name.as_str() {
            "auth_key" => drop(self.key(pair)),
            "auth" => drop(on_or_off(pair, &mut self.problems)),
            "protected" | "allow_internal_endpoint" | "allow_unknown_events" => {
                switch(pair, &mut self.problems);
            }
            // A callback may allow what is unknown or internal here.
            "events" => drop(self.selection(pair, true)),
            name => {
                let Some(text) = text(pair, &mut self.problems) else {
                    return;
                };
                let judged = match name {
                    "region" | "mns_region" => Region::parse_strict(text).map(|region| {
                        let is_usual = name == "region";
                        self.manifest
                            .default_regions
                            .extend(is_usual.then_some(region));
                    }),
                    "app_id" => AppId::parse(text).map(drop),
                    "url" => url::check(text).map(drop),
                    "mns_queue" => queue::check_name(text),
                    "mns_endpoint" => queue::check_endpoint(text, true).map(drop),
                    "account_id" => queue::check_account_id(text),
                    _ => Ok(()),
                };
                self.of(&pair.node.span, judged);
            }
        }
    }
}
