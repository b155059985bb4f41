//! `vodcb man`

use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::whole_file::beside;
use super::{grammar, help};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Forms;

/// The day of this version, for the foot of the pages.
const RELEASED: &str = "2026-11-24";

/// Print the manual page
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb man > vodcb.1 && man -l vodcb.1
  vodcb man --dir ~/.local/share/man/man1")]
pub struct Args {
    /// Write a page for every command into this folder instead
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Args {
    /// The forms of a result.
    pub fn forms(&self) -> Forms {
        match self.dir {
            Some(_) => Forms::Document,
            None => Forms::Own,
        }
    }
}

/// Prints the page of vodcb, or writes all of them.
///
/// # Errors
/// A usage error for a folder that cannot be written.
pub fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    let pages = pages()?;
    match &args.dir {
        None => ctx.out.print(&pages[0].text)?,
        Some(folder) => {
            let count = pages.len();
            let document = serde_json::json!({
                "schema_version": 1,
                "folder": folder.display().to_string(),
                "pages": pages.iter().map(|page| &page.file).collect::<Vec<_>>(),
            });
            ctx.out.check(&document)?;
            let dry_run = ctx.flags.dry_run;
            let written = match dry_run {
                true => Ok(()),
                false => write(folder, &pages),
            };
            written.map_err(|error| {
                Error::usage(format!(
                    "the pages cannot be written to {}",
                    folder.display()
                ))
                .cause(error.to_string())
                .hint("name a folder that may be written, for example --dir man")
            })?;
            let verb = if dry_run { "would be" } else { "were" };
            ctx.out.show(&document, |_| {
                format!("{count} pages {verb} written to {}\n", folder.display())
            })?;
        }
    }
    Ok(Exit::Ok)
}

fn write(folder: &Path, pages: &[Page]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    pages.iter().try_for_each(|page| {
        let file = folder.join(&page.file);
        beside(&file, &page.text)?.persist(file)?;
        Ok(())
    })
}

struct Page {
    file: String,
    text: String,
}

/// The page of vodcb first, and one for every command. A page has the command's own flags; those that
/// every command takes stand on the first.
fn pages() -> Result<Vec<Page>> {
    let root = grammar::command();
    let mut pages = Vec::new();
    add(&root, None, &mut pages)
        .map_err(|error| Error::usage("the manual cannot be made").cause(error.to_string()))?;
    Ok(pages)
}

fn add(command: &Command, above: Option<&str>, pages: &mut Vec<Page>) -> std::io::Result<()> {
    if command.is_hide_set() {
        return Ok(());
    }
    let words = match above {
        Some(above) => format!("{above} {}", command.get_name()),
        None => command.get_name().to_owned(),
    };
    let name = words.replace(' ', "-");
    let page = command.clone().bin_name(&words).display_name(&name);
    pages.push(Page {
        file: format!("{name}.1"),
        text: text(page, above)?,
    });
    for nested in command.get_subcommands() {
        add(nested, Some(&words), pages)?;
    }
    Ok(())
}

fn text(command: Command, above: Option<&str>) -> std::io::Result<String> {
    let examples = command.get_after_help().map(ToString::to_string);
    let has_commands = command.has_subcommands();
    // The manual is no short help: what is rare there is explained here.
    let command = command.mut_args(|arg| arg.hide_short_help(false));
    let man = Man::new(command.disable_help_flag(true).disable_version_flag(true))
        .date(RELEASED)
        .source(concat!("vodcb ", env!("CARGO_PKG_VERSION")))
        .manual("vodcb manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    let mut own = Roff::new();
    examples
        .iter()
        .for_each(|text| preformatted(text, &mut own));
    own.to_writer(&mut page)?;
    man.render_options_section(&mut page)?;
    if has_commands {
        man.render_subcommands_section(&mut page)?;
    }
    let mut own = Roff::new();
    match above {
        None => {
            exit_status(&mut own);
            environment(&mut own);
        }
        Some(above) => see_also(above, &mut own),
    }
    own.to_writer(&mut page)?;
    let page = String::from_utf8(page).map_err(std::io::Error::other)?;
    // Around an empty line a line break breaks nothing, and mandoc complains about it.
    Ok(page.replace(".br\n\n.br\n", ".sp\n"))
}

/// What follows the flags in help is examples first, and stays as it is written.
fn preformatted(text: &str, roff: &mut Roff) {
    roff.control("SH", ["EXAMPLES"]).control("EX", []);
    for line in text.strip_prefix("Examples:\n").unwrap_or(text).lines() {
        roff.text([roman(if line.is_empty() { " " } else { line })]);
    }
    roff.control("EE", []);
}

fn exit_status(roff: &mut Roff) {
    roff.control("SH", ["EXIT STATUS"]);
    for exit in Exit::ALL {
        roff.control("TP", []).text([bold(exit.code().to_string())]);
        roff.text([roman(format!("{}: {}", exit.name(), exit.meaning()))]);
    }
}

/// The topic of the same name: headings at the margin, names after two blanks, what they mean after
/// more.
fn environment(roff: &mut Roff) {
    let topic = help::topic("environment")
        .map(help::Topic::text)
        .unwrap_or_default();
    roff.control("SH", ["ENVIRONMENT"]);
    let (_, body) = topic.split_once('\n').unwrap_or_default();
    let (introduction, variables) = body.trim_start().split_once("\n\n").unwrap_or_default();
    for line in introduction.lines() {
        roff.text([roman(line)]);
    }
    for line in variables.lines().filter(|line| !line.is_empty()) {
        let indented = line.len() - line.trim_start().len();
        let (name, meaning) = line
            .trim_start()
            .split_once("  ")
            .unwrap_or((line.trim_start(), ""));
        match indented {
            0 => _ = roff.control("SS", [line]),
            2 => _ = roff.control("TP", []).text([bold(name)]),
            _ => _ = roff.text([roman(line.trim_start())]),
        }
        if indented == 2 && !meaning.is_empty() {
            roff.text([roman(meaning.trim_start())]);
        }
    }
}

fn see_also(above: &str, roff: &mut Roff) {
    let above = above.replace(' ', "-");
    roff.control("SH", ["SEE ALSO"]);
    roff.text([bold(format!("{above}(1)"))]).control("PP", []);
    roff.text([roman(
        "Options for every command, exit status and environment are described in vodcb(1).",
    )]);
}
