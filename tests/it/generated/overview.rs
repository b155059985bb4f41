//! `src/commands/overview.txt`: what `vodcb --help` shows without a terminal.

use vodcb::commands::grammar;

use crate::sandbox::Sandbox;

#[test]
fn the_overview_is_what_the_definition_says() {
    let made = grammar::command().term_width(100).render_long_help();
    super::kept("src/commands/overview.txt", &made.to_string());
}

#[test]
fn the_kept_overview_is_what_is_shown_otherwise() {
    let mut sandbox = Sandbox::offline();
    let kept = sandbox.vodcb(["--help"]).ok().stdout;
    sandbox.set("COLUMNS", "100");
    assert_eq!(sandbox.vodcb(["--help"]).ok().stdout, kept);
}
