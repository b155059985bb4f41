//! Text for people where a terminal is narrow.

use proptest::prelude::*;
use vodcb::render::{folded, pairs, table};

use crate::sandbox::Sandbox;

const URL: &str = "https://callbacks.example.com/vod/callback";

fn rows(cells: &[&[&str]]) -> Vec<Vec<String>> {
    let owned = |row: &&[&str]| row.iter().map(|cell| (*cell).to_owned()).collect();
    cells.iter().map(owned).collect()
}

#[test]
fn a_table_breaks_between_words_and_behind_the_marks_of_addresses() {
    let rows = rows(&[
        &["app-1000000", "every output of a run", URL],
        &["app-2", "none", ""],
    ]);
    let headings = ["Application", "Sent when", "To"];
    assert_eq!(
        table(&headings, &rows, 80),
        "\
APPLICATION  SENT WHEN              TO
app-1000000  every output of a run  https://callbacks.example.com/vod/callback
app-2        none
"
    );
    assert_eq!(
        table(&headings, &rows, 50),
        "\
APPLICATION  SENT WHEN    TO
app-1000000  every        https://callbacks.
             output of a  example.com/vod/callback
             run
app-2        none
"
    );
}

#[test]
fn a_table_whose_words_have_no_room_is_a_list_of_what_there_is() {
    let rows = rows(&[
        &["AttachedMediaUploadComplete", "Upload", ""],
        &["AIComplete", "Review, AI", "umbrella"],
    ]);
    assert_eq!(
        table(&["Event", "Group", "Note"], &rows, 40),
        "\
Event  AttachedMediaUploadComplete
Group  Upload

Event  AIComplete
Group  Review, AI
Note   umbrella
"
    );
}

#[test]
fn values_are_broken_between_words_and_letters_of_two_columns_count_as_two() {
    let values = [
        ("Title", "全部清晰度转码完成全部清晰度".to_owned()),
        ("Sent when", "every output of a run finished".to_owned()),
        ("Events", "  FileUploadComplete and others\nlast".to_owned()),
    ];
    assert_eq!(
        pairs(&values, 32),
        "\
Title      全部清晰度转码完成全
           部清晰度
Sent when  every output of a run
           finished
Events       FileUploadComplete
             and others
           last
"
    );
}

#[test]
fn long_lines_go_on_further_to_the_right() {
    let plan = "~ app in cn\n  - events OneComplete, TwoComplete, ThreeComplete\nplan\n";
    assert_eq!(folded(plan, 100), plan);
    assert_eq!(
        folded(plan, 36),
        "\
~ app in cn
  - events OneComplete, TwoComplete,
    ThreeComplete
plan
"
    );
}

#[test]
fn text_behind_a_gap_goes_on_below_itself() {
    let rows = "A line of prose that is too long.\n  0  ok  all of it is done\n";
    assert_eq!(
        folded(rows, 22),
        "\
A line of prose that
is too long.
  0  ok  all of it is
         done
"
    );
}

/// A shell that has a terminal of its own sends help into a file or a pager.
#[cfg(unix)]
#[test]
fn help_is_as_wide_as_where_it_goes() {
    use expectrl::{Eof, Expect, Session};
    let mut sandbox = Sandbox::offline();
    let widest = |text: &str| text.lines().map(|line| line.chars().count()).max().unwrap();
    let help = |sandbox: &Sandbox| sandbox.vodcb(["set", "--help"]).ok().stdout;
    let piped = help(&sandbox);
    assert!((90..=100).contains(&widest(&piped)), "{piped}");
    let file = sandbox.home().join("help");
    let plain = sandbox.command(["set", "--help"]);
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "stty cols 60; \"$0\" \"$@\" >\"$HOME/help\""])
        .arg(plain.get_program())
        .args(plain.get_args())
        .env_clear()
        .env("HOME", sandbox.home())
        .env("PATH", "/usr/bin:/bin");
    let mut session = Session::spawn(command).unwrap();
    session.expect(Eof).unwrap();
    assert_eq!(std::fs::read_to_string(file).unwrap(), piped);
    sandbox.set("COLUMNS", "60");
    let narrow = [
        help(&sandbox),
        sandbox.vodcb(["help", "output"]).ok().stdout,
    ];
    for text in narrow
        .iter()
        .chain([&sandbox.vodcb(["help", "set"]).ok().stdout])
    {
        assert!((50..=60).contains(&widest(text)), "{text}");
    }
}

proptest! {
    /// Headings of one letter leave the room to the cells.
    #[test]
    fn a_table_loses_nothing_fits_and_keeps_words_whole(
        rows in prop::collection::vec(prop::collection::vec("[a-z]{1,20}( [a-zé中]{1,9}){0,6}", 3), 1..6),
        width in 26..90_u16,
    ) {
        let text = table(&["A", "B", "C"], &rows, width);
        let shown: Vec<&str> = text.split_whitespace().collect();
        for word in rows.iter().flatten().flat_map(|cell| cell.split(' ')) {
            prop_assert!(shown.contains(&word), "{word} is broken or missing in\n{text}");
        }
        use unicode_width::UnicodeWidthStr;
        prop_assert!(text.lines().all(|line| line.width() <= width.into()), "{width}:\n{text}");
    }
}

#[test]
fn commands_fit_narrow_terminals_with_their_names_whole() {
    let mut sandbox = Sandbox::new();
    let set = |args: &[&str]| sandbox.vodcb([&["set", "--yes"], args].concat()).ok();
    set(&["--http-url", URL, "--events", "TranscodeComplete"]);
    sandbox
        .vodcb(["export", "--all-apps", "-f", "callbacks.toml"])
        .ok();
    set(&[
        "--mns-queue",
        "vod-events",
        "--create-queue",
        "--events",
        "ALL",
    ]);
    let plan = [
        "TranscodeComplete",
        "UpdateMediaStorageClassComplete",
        "AttachedMediaUploadComplete",
    ];
    let commands: [(&[&str], &[&str]); 9] = [
        (&["history"], &["app-1000000", "cn-shanghai", "vod-events"]),
        (&["get", "--all-apps"], &["app-1000000", "vod-events"]),
        (&["diff", "-f", "callbacks.toml"], &plan),
        (&["apply", "-f", "callbacks.toml", "--dry-run"], &plan),
        (&["check"], &["queue-permission", "mns:GetQueueAttributes"]),
        (&["events", "list"], &plan),
        (&["queue", "list"], &["vod-events"]),
        (&["send", "--list-scenarios"], &["alternative-shapes"]),
        (&["regions"], &["ap-southeast-1", "cn-north-2-gov-1"]),
    ];
    for width in [40, 60] {
        sandbox.set("COLUMNS", &width.to_string());
        for (args, names) in commands {
            let run = sandbox.vodcb(args.iter().copied());
            let widest = run.stdout.lines().map(|line| line.chars().count()).max();
            assert!(
                widest.is_some_and(|widest| widest <= width),
                "{args:?} at {width}: {run:?}"
            );
            for name in names {
                assert!(
                    run.stdout.contains(name),
                    "{args:?} at {width} has no {name}: {run:?}"
                );
            }
        }
    }
}
