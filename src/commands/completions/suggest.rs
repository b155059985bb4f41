//! What could stand at the cursor of a command line that is being typed.

use std::fmt;

use super::outline::{CommandLine, Outline};

/// The words behind the name of the program; the last one is being typed and may be empty.
#[derive(Debug)]
pub struct Question {
    words: Vec<String>,
    /// What the shell does not replace of the last word, since it takes it apart.
    kept: String,
}

/// What the shell is to offer.
#[derive(Debug, PartialEq, Eq)]
pub enum Suggestions {
    /// These words, each with a few words about it.
    Words(Vec<(String, String)>),
    /// The same, and a comma may follow.
    List(Vec<(String, String)>),
    /// The same, and each goes on without a blank.
    Open(Vec<(String, String)>),
    /// The names of files.
    Files,
    /// The names of folders.
    Folders,
}

impl Outline {
    /// What could stand at the cursor. What this machine knows of a set, of profiles for example, is looked up
    /// only if it is asked for.
    pub fn suggest(
        &self,
        question: &Question,
        known: impl Fn(&str) -> Vec<(String, String)>,
    ) -> Suggestions {
        let empty = String::new();
        let (last, before) = question.words.split_last().unwrap_or((&empty, &[]));
        if before.first().is_some_and(|word| word == "help") {
            return self
                .commands_below(&before[1..].join(" "), last, true)
                .beyond(&question.kept);
        }
        if let [schema, output, words @ ..] = before
            && schema == "schema"
            && output == "output"
            && !last.starts_with('-')
        {
            return self.documents(words, last).beyond(&question.kept);
        }
        let at = self.walk(before);
        let suggestions = if let Some(takes) = at.expects {
            self.values_of(takes, last, known)
        } else if let (false, Some((flag, value))) = (at.only_places, last.split_once('=')) {
            let takes = self.flag(at.command, flag).map_or("", |flag| flag.takes);
            self.values_of(takes, value, known)
                .prefixed(&format!("{flag}="))
        } else if !at.only_places && last.starts_with('-') {
            self.flags_of(at.command, last)
        } else {
            let below = self.commands_below(at.command.path, last, false);
            match at.command.place(at.place) {
                _ if below != Suggestions::Words(Vec::new()) => below,
                Some(place) => self.values_of(place.takes, last, known),
                None if last.is_empty() => self.flags_of(at.command, last),
                None => below,
            }
        };
        suggestions.beyond(&question.kept)
    }

    /// Reads the words before the cursor as the command line will.
    fn walk(&self, words: &[String]) -> Place<'_> {
        let mut at = Place {
            command: &self.commands[0],
            place: 0,
            only_places: false,
            expects: None,
        };
        for word in words {
            if at.expects.take().is_some() {
                continue;
            }
            if at.only_places {
                at.place += 1;
            } else if word == "--" {
                at.only_places = true;
            } else if word.starts_with("--") {
                let flag = self.flag(at.command, word);
                at.expects = flag
                    .map(|flag| flag.takes)
                    .filter(|takes| !takes.is_empty());
            } else if word.len() > 1 && word.starts_with('-') {
                at.expects = self.short_expects(at.command, &word[1..]);
            } else if let Some(command) = self.below(at.command.path, word) {
                at.command = command;
                at.place = 0;
            } else {
                at.place += 1;
            }
        }
        at
    }

    /// The value that a word like `-o` or `-vo` leaves open; `-ojson` brings its own.
    fn short_expects(&self, command: &CommandLine, letters: &str) -> Option<&'static str> {
        let takes = |letter: char| {
            let flag = self.flag(command, &format!("-{letter}"));
            flag.map_or("", |flag| flag.takes)
        };
        let (at, letter) = letters
            .char_indices()
            .find(|(_, letter)| !takes(*letter).is_empty())?;
        (at + letter.len_utf8() == letters.len()).then(|| takes(letter))
    }

    fn flags_of(&self, command: &CommandLine, typed: &str) -> Suggestions {
        let everywhere = self
            .commands
            .first()
            .filter(|first| first.path != command.path);
        let mut found: Vec<(String, String)> = Vec::new();
        let everywhere = everywhere.into_iter().flat_map(CommandLine::flags);
        for flag in command.flags().chain(everywhere) {
            let fits =
                |name: &&str| name.starts_with(typed) && (name.starts_with("--") || typed == "-");
            for name in flag.names().filter(fits) {
                if found.iter().all(|(other, _)| other != name) {
                    found.push((name.to_owned(), flag.about.to_owned()));
                }
            }
        }
        Suggestions::Words(found)
    }

    /// The words that may follow a command, and for help the topics, too.
    fn commands_below(&self, path: &str, typed: &str, for_help: bool) -> Suggestions {
        let under = |command: &&CommandLine| {
            let parent = command
                .path
                .rsplit_once(' ')
                .map_or("", |(parent, _)| parent);
            parent == path
        };
        let commands = self.commands.iter().skip(1).filter(under);
        let commands = commands.map(|command| {
            let word = command.path.rsplit(' ').next().unwrap_or_default();
            (word, command.about)
        });
        let topics = self.set("topic").filter(|_| for_help && path.is_empty());
        let words = commands.chain(topics);
        let fitting = words.filter(|(word, _)| word.starts_with(typed));
        Suggestions::Words(fitting.map(owned).collect())
    }

    /// The next word of the commands that print a document.
    fn documents(&self, words: &[String], typed: &str) -> Suggestions {
        let mut found: Vec<(String, String)> = Vec::new();
        for (command, _) in self.set("document") {
            let mut command = command.split(' ');
            let goes_on = words.iter().all(|word| command.next() == Some(word));
            let next = command
                .next()
                .filter(|word| goes_on && word.starts_with(typed));
            found.extend(next.map(|word| owned((word, ""))));
        }
        found.dedup();
        Suggestions::Words(found)
    }

    fn values_of(
        &self,
        takes: &'static str,
        typed: &str,
        known: impl Fn(&str) -> Vec<(String, String)>,
    ) -> Suggestions {
        let set = takes.trim_end_matches(',');
        match (set, typed.rsplit_once(':'), typed.contains('=')) {
            ("route", _, true) => return Suggestions::Words(Vec::new()),
            ("fault", Some((place, kind)), _) => {
                let kinds = self.values_of("fault", kind, known);
                return kinds.prefixed(&format!("{place}:"));
            }
            _ => {}
        }
        let (list, word) = match typed.rfind(',') {
            Some(comma) if set != takes => typed.split_at(comma + 1),
            _ => ("", typed),
        };
        let words: Vec<(String, String)> = match set {
            "file" => return Suggestions::Files,
            "folder" => return Suggestions::Folders,
            "" | "text" => Vec::new(),
            "profile" | "variable" | "change" => known(set),
            "route" => self
                .set("subscription")
                .map(|(name, about)| (format!("{name}="), about.to_owned()))
                .collect(),
            _ if set.contains('|') => set.split('|').map(|word| owned((word, ""))).collect(),
            _ => self.set(set).map(owned).collect(),
        };
        let typed = word.to_lowercase();
        let stands_alone = |word: &str| matches!(word, "ALL" | "none");
        let fits = |(word, _): &(String, String)| {
            let taken = list.split(',').any(|other| other == word);
            let alone = !list.is_empty() && stands_alone(word);
            word.to_lowercase().starts_with(&typed) && !taken && !alone
        };
        let words = words.into_iter().filter(fits).collect();
        if matches!(set, "route" | "fault") {
            Suggestions::Open(words)
        } else if set == takes {
            Suggestions::Words(words)
        } else {
            Suggestions::List(words).prefixed(list)
        }
    }
}

fn owned((word, about): (&str, &str)) -> (String, String) {
    (word.to_owned(), about.to_owned())
}

/// Where the cursor is.
#[derive(Debug)]
struct Place<'a> {
    command: &'a CommandLine,
    place: usize,
    /// True behind `--`.
    only_places: bool,
    /// What the flag before the cursor takes.
    expects: Option<&'static str>,
}

impl Question {
    /// Words as the shell has taken them apart; the last is being typed.
    pub fn of_words(words: &[String]) -> Self {
        Question {
            words: words.to_vec(),
            kept: String::new(),
        }
    }

    /// A line up to the cursor, the name of the program first, and the part of the last word that the
    /// shell will replace: bash takes words apart at `=` and `:` too.
    pub fn of_line(line: &str, replaced: &str) -> Self {
        // A quote that is still open is closed for reading.
        let mut words = ["", "'", "\""]
            .iter()
            .find_map(|quote| shlex::split(&format!("{line}{quote}")))
            .unwrap_or_default();
        if line.ends_with(char::is_whitespace) {
            words.push(String::new());
        }
        let last = words.last().map_or("", String::as_str);
        let kept = last.strip_suffix(replaced).unwrap_or_default().to_owned();
        Question {
            words: words.split_off(words.len().min(1)),
            kept,
        }
    }
}

impl Suggestions {
    fn changed(self, change: impl Fn(String) -> Option<String>) -> Self {
        let all = |words: Vec<(String, String)>| {
            let words = words.into_iter();
            words
                .filter_map(|(word, about)| Some((change(word)?, about)))
                .collect()
        };
        match self {
            Suggestions::Words(words) => Suggestions::Words(all(words)),
            Suggestions::List(words) => Suggestions::List(all(words)),
            Suggestions::Open(words) => Suggestions::Open(all(words)),
            other => other,
        }
    }

    fn prefixed(self, prefix: &str) -> Self {
        self.changed(|word| Some(format!("{prefix}{word}")))
    }

    /// Without what the shell keeps.
    fn beyond(self, kept: &str) -> Self {
        self.changed(|word| word.strip_prefix(kept).map(str::to_owned))
    }
}

/// What the scripts read: the kind, and a line for each word with a tab before what it means.
impl fmt::Display for Suggestions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, words): (_, &[_]) = match self {
            Suggestions::Words(words) => ("words", words),
            Suggestions::List(words) => ("list", words),
            Suggestions::Open(words) => ("open", words),
            Suggestions::Files => ("files", &[]),
            Suggestions::Folders => ("folders", &[]),
        };
        writeln!(f, "{kind}")?;
        words
            .iter()
            .try_for_each(|(word, about)| writeln!(f, "{word}\t{about}"))
    }
}
