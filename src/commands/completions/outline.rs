//! The command line as far as completion needs it.
//!
//! `outline.txt` has every command, flag and fixed value; it is made from the definition of the command
//! line by a test. To find one's way through these few kilobytes takes no time, as building the definition
//! would; of a command that is not asked about nothing but the name is read.

/// The outline that belongs to this program.
pub fn outline() -> Outline {
    Outline::read(include_str!("outline.txt"))
}

/// The command line as far as completion needs it.
#[derive(Debug, Default)]
pub struct Outline {
    pub(super) commands: Vec<CommandLine>,
    /// The lines of all sets.
    values: &'static str,
}

/// A command: the words after `vodcb`, none for what stands before the first of them.
#[derive(Debug)]
pub(super) struct CommandLine {
    pub(super) path: &'static str,
    pub(super) about: &'static str,
    /// The lines of its flags and places.
    arguments: &'static str,
}

/// A flag with its spellings, or a value with its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Argument {
    /// With commas between.
    names: &'static str,
    /// Empty for a switch; otherwise a set of values, words joined by `|`, `file`, `folder` or `text`.
    /// A comma behind the set means a list.
    pub(super) takes: &'static str,
    pub(super) about: &'static str,
}

impl Outline {
    /// Reads lines of a sign and fields with tabs between; the test that writes them knows the fields.
    fn read(text: &'static str) -> Self {
        let (commands, values) = text.split_once("\n\n").unwrap_or((text, ""));
        let commands = commands.trim_start_matches("command\t");
        let commands = commands.split("\ncommand\t").map(|command| {
            let (own, arguments) = command.split_once('\n').unwrap_or((command, ""));
            let (path, about) = own.split_once('\t').unwrap_or((own, ""));
            CommandLine {
                path,
                about,
                arguments,
            }
        });
        Outline {
            commands: commands.collect(),
            values,
        }
    }

    /// The words of a set, each with a few words about it.
    pub(super) fn set<'a>(
        &self,
        name: &'a str,
    ) -> impl Iterator<Item = (&'static str, &'static str)> + use<'a> {
        fields(self.values, name).map(|line| line.split_once('\t').unwrap_or((line, "")))
    }

    /// A flag of the command or of every command.
    pub(super) fn flag(&self, command: &CommandLine, name: &str) -> Option<Argument> {
        let own = self
            .commands
            .iter()
            .find(|other| other.path == command.path);
        let lines = own.into_iter().chain(self.commands.first());
        let mut flags = lines.flat_map(CommandLine::flags);
        flags.find(|flag| flag.names().any(|other| other == name))
    }

    /// The command that this word leads to from the one at the path.
    pub(super) fn below(&self, path: &str, word: &str) -> Option<&CommandLine> {
        let path = format!("{path} {word}");
        self.commands
            .iter()
            .skip(1)
            .find(|command| command.path == path.trim_start())
    }
}

/// What stands behind a sign, in the lines that have it.
fn fields<'a>(
    lines: &'static str,
    sign: &'a str,
) -> impl Iterator<Item = &'static str> + Clone + use<'a> {
    let lines = lines.lines();
    lines.filter_map(move |line| line.strip_prefix(sign)?.strip_prefix('\t'))
}

impl CommandLine {
    pub(super) fn flags(&self) -> impl Iterator<Item = Argument> + use<> {
        fields(self.arguments, "flag").map(Argument::read)
    }

    /// The value at this place. The last place may be one that is filled again and again.
    pub(super) fn place(&self, place: usize) -> Option<Argument> {
        let mut places = fields(self.arguments, "place").map(Argument::read);
        let last = places.clone().last()?;
        let again = || last.names().any(|name| name == "...").then_some(last);
        places.nth(place).or_else(again)
    }
}

impl Argument {
    fn read(line: &'static str) -> Self {
        let mut fields = line.splitn(3, '\t');
        let mut next = || fields.next().unwrap_or_default();
        Argument {
            names: next(),
            takes: next(),
            about: next(),
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.names.split(',')
    }
}
