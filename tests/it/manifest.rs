//! The file of targets: every rule with its words, in every syntax, and a schema that agrees.
#![allow(clippy::disallowed_methods)] // the test's own switch

use std::path::{Path, PathBuf};

use serde_json::Value;
use vodcb::error::Error;
use vodcb::manifest::{self, Declared, Declaring, KeySource, Manifest, Syntax};

fn folder(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("tests/data/manifests").join(name)
}

/// The manifests of a folder: name and text.
fn files(name: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending != "txt"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

fn parse(name: &str, text: &str) -> Result<Manifest, Error> {
    manifest::parse(text, name, Syntax::of_name(name).unwrap())
}

/// The error as it stands on the terminal.
fn told(error: &Error) -> String {
    let mut text = format!("error: {}\n", error.message);
    for cause in &error.causes {
        text.push_str(&format!("  {cause}\n"));
    }
    for hint in &error.hints {
        text.push_str(&format!("hint: {hint}\n"));
    }
    text
}

/// The words stand in files beside the manifests; `VODCB_UPDATE=1` writes them anew, to be read before
/// they are kept.
#[test]
fn every_mistake_has_its_words() {
    let update = std::env::var_os("VODCB_UPDATE").is_some();
    let mut wrong = String::new();
    for kind in ["bad", "beyond-schema", "syntax"] {
        for (name, text) in files(kind) {
            let said = told(&parse(&name, &text).expect_err(&name));
            assert!(!said.contains("Literal1Secret"), "{name}: {said}");
            let expected = folder(kind).join(format!("{name}.txt"));
            if update {
                std::fs::write(&expected, &said).unwrap();
            }
            if std::fs::read_to_string(&expected).ok().as_ref() != Some(&said) {
                wrong.push_str(&format!("\n{kind}/{name}.txt:\n{said}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The document behind a manifest, read without our parser.
fn document(name: &str, text: &str) -> Value {
    match Syntax::of_name(name).unwrap() {
        Syntax::Toml => toml::from_str(text).unwrap(),
        Syntax::Yaml => serde_saphyr::from_str_with_options(
            text,
            serde_saphyr::options! {
                strict_booleans: true,
                duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
            },
        )
        .unwrap(),
        Syntax::Json => serde_json::from_str(text).unwrap(),
    }
}

#[test]
fn the_schema_and_the_parser_agree() {
    let schema: Value = serde_json::from_str(manifest::SCHEMA).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let schema = jsonschema::validator_for(&schema).unwrap();
    // A rule that compares values, or knows names that come and go, is beyond a schema.
    for (kind, schema_accepts, parser_accepts) in [
        ("good", true, true),
        ("bad", false, false),
        ("beyond-schema", true, false),
    ] {
        for (name, text) in files(kind) {
            let document = document(&name, &text);
            let verdict = schema.validate(&document);
            assert_eq!(
                verdict.is_ok(),
                schema_accepts,
                "{kind}/{name}: {verdict:?}"
            );
            let parsed = parse(&name, &text);
            assert_eq!(parsed.is_ok(), parser_accepts, "{kind}/{name}: {parsed:?}");
        }
    }
}

#[test]
fn a_whole_manifest_is_understood() {
    let (name, text) = files("good").pop().unwrap();
    assert_eq!(name, "whole.toml");
    let manifest = parse(&name, &text).unwrap();
    let (account, place) = manifest.account.unwrap();
    assert_eq!(
        (account.as_str(), place.line, place.column),
        ("1234567890123456", 4, 11)
    );
    let summary: Vec<String> = manifest
        .entries
        .iter()
        .map(|entry| {
            let what = match &entry.declared {
                Declared::Absent => "absent".to_owned(),
                Declared::Kept => "kept".to_owned(),
                Declared::Callback(callback) => {
                    let events = callback.events.to_wire();
                    match &callback.destination {
                        Declaring::Http { url, on, key } => {
                            let source = key.as_ref().map(|key| &key.source);
                            format!("{url} {on} {source:?} [{events}]")
                        }
                        Declaring::QueueAt { endpoint, queue } => {
                            format!("{queue} at {endpoint} [{events}]")
                        }
                        Declaring::Queue {
                            account_id,
                            region,
                            queue,
                        } => {
                            format!("{queue} of {account_id:?} in {region} [{events}]")
                        }
                    }
                }
            };
            format!("{} {}: {what}", entry.place.line, entry.target)
        })
        .collect();
    assert_eq!(
        summary,
        [
            "11 app-1000000 in cn-shanghai: https://example.com/vod true Some(Env(\"VOD_CALLBACK_KEY\")) [FileUploadComplete,TranscodeComplete]",
            "18 app-1000001 in cn-shanghai: https://example.com/plain false Some(File(\"keys/old.txt\")) [ALL]",
            "25 app-1000002 in cn-shanghai: https://example.com/command true Some(Command([\"pass\", \"show\", \"vod\"])) []",
            "31 app-1000003 in ap-southeast-1: vod-events of Some(\"1234567890123456\") in ap-southeast-1 [ALL]",
            "40 app-1000004 in cn-shanghai: vod-events at http://1234567890123456.mns.cn-shanghai-internal.aliyuncs.com/ [BrandNewEvent]",
            "48 app-1000005 in cn-shanghai: absent",
            "52 app-1000006 in cn-shanghai: kept",
        ]
    );
}

#[test]
fn the_three_syntaxes_mean_the_same() {
    let toml = "schema = 1\n[[callback]]\nregion = \"cn-shanghai\"\nurl = \"https://example.com/é\"\nauth_key = { env = \"K\" }\nevents = [\"FileUploadComplete\"]\n";
    let document: Value = toml::from_str(toml).unwrap();
    let yaml = serde_saphyr::to_string(&document).unwrap();
    let json = serde_json::to_string_pretty(&document).unwrap();
    for (syntax, text) in [
        (Syntax::Toml, toml),
        (Syntax::Yaml, &yaml),
        (Syntax::Json, &json),
    ] {
        assert_eq!(Syntax::of_text(text), syntax);
        let manifest = manifest::parse(&format!("\u{FEFF}{text}"), "m", syntax).unwrap();
        let [entry] = &manifest.entries[..] else {
            panic!("{manifest:?}")
        };
        let Declared::Callback(callback) = &entry.declared else {
            panic!("{entry:?}")
        };
        let Declaring::Http { url, on, key } = &callback.destination else {
            panic!("{entry:?}")
        };
        assert_eq!((url.as_str(), *on), ("https://example.com/é", true));
        assert_eq!(key.as_ref().unwrap().source, KeySource::Env("K".into()));
        assert_eq!(callback.events.names(), ["FileUploadComplete"]);
    }
}

#[test]
fn a_text_without_a_name_is_looked_at() {
    for (text, syntax) in [
        ("# a comment\n\nschema = 1\n", Syntax::Toml),
        ("[defaults]\nregion = \"cn-shanghai\"\n", Syntax::Toml),
        ("\"$schema\" = \"http://x\"\nschema = 1\n", Syntax::Toml),
        ("# a = b\nschema: 1\n", Syntax::Yaml),
        ("---\nschema: 1\n", Syntax::Yaml),
        ("$schema: a=b\n", Syntax::Yaml),
        ("  {\"schema\": 1}", Syntax::Json),
        ("", Syntax::Toml),
    ] {
        assert_eq!(Syntax::of_text(text), syntax, "{text:?}");
    }
}

/// However often a mistake is the same, what helps is said once.
#[test]
fn each_mistake_tells_what_helps() {
    let text = "schema = 1\ndefaults = { events = \"ALL\", url = \"https://example.com/\" }\n\
                [[callback]]\nregion = \"cn-shangai\"\n[[callback]]\nmode = 1\nregion = \"cn-beijing\"\n\
                [[callback]]\napp_id = \"a\"\n[[callback]]\napp_id = \"b\"\n";
    let said = told(&parse("m.toml", text).unwrap_err());
    assert!(
        said.contains("  also m.toml:6:1: a callback has no \"mode\"; "),
        "{said}"
    );
    let missing = said.matches("a callback has no region").count();
    let help = said.matches("; name it here or in defaults, for example region = \"cn-shanghai\"");
    assert_eq!((missing, help.count()), (2, 1), "{said}");
}

#[test]
fn places_count_characters() {
    let text = "schema: 1\ndefaults: {region: cn-shanghai, events: ALL}\ncallback:\n  - {url: 'https://example.com/äöü', colour: red}\n";
    let error = manifest::parse(text, "m.yaml", Syntax::Yaml).unwrap_err();
    // Two blanks, a dash, a blank, a brace, `url: `, a quoted text of 25, a comma and a blank stand before it.
    assert_eq!(error.message, "m.yaml:4:38: a callback has no \"colour\"");
}

#[test]
fn files_are_put_together_and_may_not_contradict_each_other() {
    let one = "schema = 1\n[defaults]\nregion = \"cn-shanghai\"\nevents = \"ALL\"\n[[callback]]\nurl = \"https://example.com/\"\n";
    let entry = |app_id: &str| {
        format!("[[callback]]\napp_id = \"{app_id}\"\nurl = \"https://example.com/\"\n")
    };
    let two = "schema = 1\n[defaults]\nregion = \"cn-beijing\"\nevents = \"none\"\n[[callback]]\nurl = \"https://example.com/\"\n";
    let read = |name: &str, text: &str| manifest::parse(text, name, Syntax::Toml).unwrap();
    let both = manifest::merge(vec![read("one.toml", one), read("two.toml", two)]).unwrap();
    let targets: Vec<String> = both
        .entries
        .iter()
        .map(|entry| entry.target.to_string())
        .collect();
    assert_eq!(
        targets,
        ["app-1000000 in cn-shanghai", "app-1000000 in cn-beijing"]
    );

    let error = manifest::merge(vec![read("one.toml", one), read("two.toml", one)]).unwrap_err();
    assert_eq!(
        told(&error),
        "error: two.toml:5:1: app-1000000 in cn-shanghai is declared twice\n  first at one.toml:5:1\nhint: one target has one callback; leave one of the two out\n"
    );

    // A mistake that is mended does not bring the next one to light.
    let error = manifest::merge(vec![
        read("one.toml", &format!("{one}\n{}", entry("app-2"))),
        read("two.toml", &format!("{one}\n{}", entry("app-2"))),
    ])
    .unwrap_err();
    assert_eq!(
        told(&error),
        "error: two.toml:5:1: app-1000000 in cn-shanghai is declared twice\n  first at one.toml:5:1\n  \
         also two.toml:8:1: app-2 in cn-shanghai is declared twice\n  first at one.toml:8:1\n\
         hint: one target has one callback; leave one of the two out\n"
    );

    let account = |id: &str| format!("schema = 1\naccount = \"{id}\"\n");
    let error = manifest::merge(vec![
        read("one.toml", &account("1")),
        read("two.toml", &account("2")),
    ])
    .unwrap_err();
    assert_eq!(
        told(&error),
        "error: two.toml:2:11: account is 2, but one.toml:2:11 says 1\nhint: targets of several accounts need several runs\n"
    );
}

/// One target on one line, in each syntax: where a key is written under a wrong name, or in the place of
/// the switch, what is told of the other mistakes on the line does not tell it.
#[test]
fn a_key_that_was_written_into_the_file_is_never_shown() {
    use proptest::prelude::*;
    const KEY: &str = "Qx7Lm2Vt9Rb4SandboxAuthKey";
    const PAIRS: [(&str, &str); 10] = [
        ("region", "cn-shangai"),
        ("app_id", "app 1"),
        ("url", "example.com"),
        ("method", "HTP"),
        ("mns_queue", "no_queue"),
        ("state", "gone"),
        ("auth", KEY),
        ("auth_key", KEY),
        ("authkey", KEY),
        ("secret", KEY),
    ];
    let written = |schema: u8, pairs: &[(&str, &str)]| {
        let joined = |between: &str, quote: &str| {
            let pairs = pairs.iter();
            let pairs =
                pairs.map(|(name, value)| format!("{quote}{name}{quote}{between}\"{value}\""));
            pairs.collect::<Vec<_>>().join(", ")
        };
        [
            format!(
                "schema = {schema}\ncallback = [{{ {} }}]\n",
                joined(" = ", "")
            ),
            format!(
                "schema: {schema}\ncallback:\n  - {{{}}}\n",
                joined(": ", "")
            ),
            format!(
                "{{\"schema\": {schema}, \"callback\": [{{{}}}]}}\n",
                joined(": ", "\"")
            ),
        ]
    };
    let config = ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let some = prop::sample::subsequence(PAIRS.to_vec(), 1..=PAIRS.len()).prop_shuffle();
    proptest!(config, |(pairs in some, schema in 1..=2u8, cut in any::<prop::sample::Index>(), is_cut: bool)| {
        for (text, syntax) in written(schema, &pairs).iter().zip([Syntax::Toml, Syntax::Yaml, Syntax::Json]) {
            let text = &text[..if is_cut { cut.index(text.len()) } else { text.len() }];
            if let Err(error) = manifest::parse(text, "m", syntax) {
                let said = told(&error);
                prop_assert!(!said.contains(&KEY[..6]), "{text}\n{said}");
            }
        }
    });
}

/// What a wrong line showed once.
/// A key in the file is told at once, with the other mistakes of its callback.
#[test]
fn a_key_in_a_callback_without_a_destination_is_told_with_the_rest() {
    let text = "schema: 1\ncallback:\n  - region: cn-shanghai\n    auth_key: Abcdef1234567890\n    events: ALL\n    foo: 1\n";
    let words = told(&parse("m.yaml", text).unwrap_err());
    for mistake in [
        "neither url nor mns_queue",
        "a key itself is never written into a manifest",
        "no \"foo\"",
    ] {
        assert!(words.contains(mistake), "no {mistake:?} in {words}");
    }
    assert!(!words.contains("Abcdef"), "{words}");
}

/// A file that says nothing may be the wrong one.
#[test]
fn a_manifest_without_a_callback_is_warned_of() {
    let manifest = parse("m.toml", "schema = 1\n").unwrap();
    assert_eq!(
        manifest.warnings,
        ["m.toml:1:1: the manifest declares no callback"]
    );
    let one = "schema = 1\n[[callback]]\nregion = \"cn-shanghai\"\nstate = \"absent\"\n";
    assert_eq!(parse("m.toml", one).unwrap().warnings, [""; 0]);
}

#[test]
fn a_key_is_not_shown_where_its_line_cannot_be_read() {
    for (name, text) in [
        (
            "m.toml",
            "schema = 1\n[[callback]]\nsecret = Qx7Lm2Vt9Rb4\n",
        ),
        (
            "m.toml",
            "schema = 1\n[[callback]]\nauth = \"Qx7Lm2Vt9Rb4\"\n",
        ),
        (
            "m.toml",
            "schema = 1\n[[callback]]\nsecret = \"Qx7Lm2Vt9Rb4\n",
        ),
        (
            "m.yaml",
            "schema: 1\ncallback:\n  - {region: cn-shangai, authkey: Qx7Lm2Vt9Rb4}\n",
        ),
        (
            "m.yaml",
            "schema: 1\ncallback:\n  - secret: *Qx7Lm2Vt9Rb4\n",
        ),
        (
            "m.yaml",
            "schema: 1\ncallback:\n  - secret: \"Qx7Lm2Vt9Rb4\n",
        ),
        ("m.yaml", "schema: 1\n--- {secret: Qx7Lm2Vt9Rb4}\n"),
        (
            "m.json",
            "{\"schema\": 1, \"callback\": [{\"region\": \"x\", \"auth\": \"Qx7Lm2Vt9Rb4\"}]}",
        ),
        (
            "m.json",
            "{\"schema\": 1, \"callback\": [{\"secret\": Qx7Lm2Vt9Rb4}]}",
        ),
    ] {
        let said = told(&parse(name, text).unwrap_err());
        assert!(!said.contains("Qx7"), "{text}\n{said}");
    }
}

/// What stands behind the URL of a callback in YAML, and what is told instead of the key. A value goes on in
/// the next line when that is indented, and many a word is taken for a name.
const IN_YAML: &[(&str, &str)] = &[
    (
        "region: cn-shanghai\n      auth_key = \"Qx7Lm2Vt9Rb4\"\n",
        "m.yaml:4:13: •••• is not a region",
    ),
    (
        "region: cn-shanghai\n      foo = \"Qx7Lm2Vt9Rb4\"\n",
        "m.yaml:4:13: •••• is not a region",
    ),
    (
        "region:\n      auth_key = \"Qx7Lm2Vt9Rb4\"\n",
        "m.yaml:5:7: •••• is not a region",
    ),
    (
        "region:\n      secret = \"Qx7Lm2Vt9Rb4\"\n",
        "m.yaml:5:7: •••• is not a region",
    ),
    (
        "region: |\n      cn-shanghai\n      auth_key Qx7Lm2Vt9Rb4\n",
        "•••• is not a region",
    ),
    (
        "region: cn-shanghai\n    state: present\n      auth_key Qx7Lm2Vt9Rb4\n",
        "state is ••••, and has to be \"present\" or \"absent\"",
    ),
    (
        "method: HTTP\n      auth_key Qx7Lm2Vt9Rb4\n    region: cn-shanghai\n",
        "method is ••••, and has to be \"HTTP\" or \"MNS\"",
    ),
    (
        "region: cn-shanghai\n    app_id: app-1\n      auth_key Qx7Lm2Vt9Rb4\n",
        "•••• is not an application id",
    ),
    (
        "region: cn-shanghai\n    events: ALL\n      auth_key Qx7Lm2Vt9Rb4\n",
        "events is ••••, and has to be a list, \"ALL\" or \"none\"",
    ),
    (
        "region: cn-shanghai\n    events:\n      - ALL\n      - FileUploadComplete\n        auth_key Qx7Lm2Vt9Rb4\n",
        "•••• is not an event type",
    ),
    (
        "region: cn-shanghai\n    events: [FileUploadComplete,\n      auth_key=Qx7Lm2Vt9Rb4]\n",
        "•••• is not an event type",
    ),
    (
        "events: {auth_key=Qx7Lm2Vt9Rb4: x}\n    region: x\n",
        "events is a table",
    ),
    (
        "region: cn-shanghai\n    auth_key: {Qx7Lm2Vt9Rb4}\n",
        "auth_key names a source that is neither env, file nor command",
    ),
    (
        "region: cn-shanghai\n    auth_key:\n      Qx7Lm2Vt9Rb4:\n",
        "auth_key names a source that is neither env, file nor command",
    ),
    (
        "region: cn-shanghai\n    auth_key=Qx7Lm2Vt9Rb4: x\n",
        "a callback has no such name",
    ),
    (
        "region: cn-shanghai\n    key=Qx7Lm2Vt9Rb4: x\n",
        "a callback has no such name",
    ),
    (
        "region: cn-shangai  # the old key is Qx7Lm2Vt9Rb4\n",
        "\"cn-shangai\" is not a region",
    ),
];

/// A key that an alias takes somewhere else, under a name whose values are quoted.
const BY_ALIAS: [(&str, &str); 6] = [
    (
        "schema: 1\nx-key: &k Qx7Lm2Vt9Rb4\ncallback:\n  - region: *k\n",
        "m.yaml:4:13: •••• is not a region",
    ),
    (
        "schema: 1\nx-all: &k {region: Qx7Lm2Vt9Rb4}\ncallback:\n  - <<: *k\n",
        "m.yaml:4:9: •••• is not a region",
    ),
    (
        "schema: 1\ncallback:\n  - auth_key: &k Qx7Lm2Vt9Rb4\n    state: *k\n",
        "m.yaml:4:12: state is ••••",
    ),
    // The name of the reference tells of the value before it.
    (
        "schema: 1\ncallback:\n  - region: &k Qx7Lm2Vt9Rb4\n    auth_key: *k\n",
        "m.yaml:3:16: •••• is not a region",
    ),
    (
        "schema: 1\ncallback:\n  - secret: &k [Qx7Lm2Vt9Rb4]\n    region: cn-shanghai\n    events: *k\n",
        "m.yaml:5:13: •••• is not an event type",
    ),
    (
        "schema: 1\ncallback:\n  - auth_key: &k Qx7Lm2Vt9Rb4\n    *k : 1\n",
        "m.yaml:4:5: a callback has no ••••",
    ),
];

#[test]
fn a_key_that_an_alias_takes_elsewhere_is_not_shown() {
    for (text, instead) in BY_ALIAS {
        let said = told(&parse("m.yaml", text).unwrap_err());
        assert!(!said.contains("Qx7"), "{text}\n{said}");
        assert!(said.contains(instead), "{text}\n{said}");
    }
    // What is no key is quoted, wherever it comes from.
    let text = "schema: 1\ncallback:\n  - region: &r cn-shangai\n  - region: *r\n    app_id: a-1\n";
    let said = told(&parse("m.yaml", text).unwrap_err());
    let quoted = said.matches("\"cn-shangai\" is not a region").count();
    assert_eq!(quoted, 2, "{said}");
}

/// Whole files, and what is told instead of the key.
const IN_FILES: &[(&str, &str, &str)] = &[
    (
        "m.yaml",
        "schema: 1\ncallback:\n  - {auth_key:\n      Qx7Lm2Vt9Rb4, region: cn-shangai}\n",
        "\"cn-shangai\" is not a region",
    ),
    (
        "m.yaml",
        "schema: 1\ncallback:\n  - {secret: [\n      Qx7Lm2Vt9Rb4], region: cn-shangai}\n",
        "\"cn-shangai\" is not a region",
    ),
    (
        "m.toml",
        "schema = 1\n[[callback]]\nregion = \"\"\"\ncn-shanghai\nfoo = Qx7Lm2Vt9Rb4\"\"\"\n",
        "m.toml:3:10: •••• is not a region",
    ),
    (
        "m.toml",
        "schema = 1\n[[callback]]\nregion = \"cn-shangai\" # was Qx7Lm2Vt9Rb4\n",
        "\"cn-shangai\" is not a region",
    ),
    (
        "m.json",
        "{\"schema\": 1, \"callback\": [{\"region\": \"cn-shanghai\\nauth_key = Qx7Lm2Vt9Rb4\"}]}",
        "•••• is not a region",
    ),
    (
        "m.json",
        "{\"schema\": 1, \"callback\": [{\"auth_key = Qx7Lm2Vt9Rb4\": 1}]}",
        "a callback has no such name",
    ),
];

#[test]
fn a_key_that_became_part_of_something_else_is_not_shown() {
    const HEAD: &str = "schema: 1\ncallback:\n  - url: https://example.com/\n    ";
    let in_yaml = IN_YAML
        .iter()
        .map(|(rest, instead)| ("m.yaml", format!("{HEAD}{rest}"), instead));
    let in_files = IN_FILES
        .iter()
        .map(|(name, text, instead)| (*name, (*text).to_owned(), instead));
    for (name, text, instead) in in_yaml.chain(in_files) {
        let said = told(&parse(name, &text).unwrap_err());
        assert!(!said.contains("Qx7"), "{text}\n{said}");
        assert!(said.contains(instead), "{text}\n{said}");
    }
}

/// However it is written, the line is not shown from where the password may begin.
#[test]
fn the_password_of_a_url_is_not_shown() {
    const TOML: &str = "schema = 1\ndefaults = { region = \"cn-shanghai\", events = \"ALL\" }\n";
    const YAML: &str = "schema: 1\ndefaults: {region: cn-shanghai, events: ALL}\n";
    const JSON: &str =
        "\"schema\": 1, \"defaults\": {\"region\": \"cn-shanghai\", \"events\": \"ALL\"}";
    let toml = |value: &str| format!("{TOML}[[callback]]\nurl = {value}\n");
    let yaml = |value: &str| format!("{YAML}callback:\n- url: {value}\n");
    let json = |value: &str| format!("{{{JSON}, \"callback\": [{{\"url\": {value}}}]}}");
    let url = "https://user:S3cretPw9@exa mple.com/vod";
    let given = "given: \"https://user:••••@exa mple.com/vod\"";
    let quoted = format!("\"{url}\"");
    for (name, text, also) in [
        ("m.toml", toml(&quoted), given),
        ("m.toml", toml(&format!("'{url}'")), given),
        ("m.toml", toml(&quoted.replace('\"', "\"\"\"")), given),
        (
            "m.toml",
            toml("\"https://user\\u003aS3cretPw9\\u0040exa mple.com/vod\""),
            given,
        ),
        ("m.yaml", yaml(url), given),
        ("m.yaml", yaml(&quoted), given),
        ("m.yaml", yaml(&url.replace(' ', "\n    ")), ""),
        ("m.yaml", yaml(&format!(">-\n    {url}")), ""),
        ("m.json", json(&quoted), given),
        ("m.json", json(&quoted.replace('/', "\\/")), given),
        (
            "m.json",
            json("\"https://user:S3cretPw9@a.example.com/,https://user:S3cretPw9@b.example.com/\""),
            "a second one, \"https://user:••••@b.example.com/\"",
        ),
        (
            "m.toml",
            toml("\"https://user:S3cretPw9/@example.com/\""),
            "given: \"https://user:••••@example.com/\"",
        ),
        (
            "m.toml",
            format!("{TOML}[[callback]]\nmns_queue = \"q\"\nmns_endpoint = \"http://user:S3cretPw9@1.mns.cn-shanghai.aliyuncs.com/\"\n"),
            "\"http://user:••••@1.mns.cn-shanghai.aliyuncs.com/\" is not a queue endpoint: it holds a user name",
        ),
        (
            "m.toml",
            format!("{TOML}[[callback]]\nmns_queue = \"http://user:S3cretPw9@x/\"\n"),
            "\"http://user:••••@x/\" is not a queue name",
        ),
        // The URL itself is right; something beside it is not.
        (
            "m.toml",
            "schema = 1\ncallback = [{ app = 1, region = \"cn-shanghai\", events = \"ALL\", url = \"https://user:S3cretPw9@example.com/\" }]\n".to_owned(),
            "a callback has no \"app\"",
        ),
        (
            "m.toml",
            "schema = 1\ncallback = [{ url = \"https://user:S3cretPw9@example.com/\", events = \"ALL\", region = \"x\" }]\n".to_owned(),
            "\"x\" is not a region",
        ),
    ] {
        let said = told(&parse(name, &text).unwrap_err());
        assert!(!said.contains("S3cret"), "{text}\n{said}");
        assert!(said.contains(also), "{text}\n{said}");
    }
}

/// A hint is copied into the file, where another syntax would be a mistake, or part of the value above.
#[test]
fn examples_are_in_the_syntax_of_the_file() {
    for (name, text, hint) in [
        (
            "m.toml",
            "schema = 1\ndefaults = { region = \"cn-shanghai\", events = \"ALL\", url = \"https://example.com/\" }\ncallback = [{ auth_key = 1 }]",
            "hint: for example auth_key = { env = \"VOD_CALLBACK_KEY\" }, { file = \"key.txt\" } or { command = [\"pass\", \"vod\"] }",
        ),
        (
            "m.yaml",
            "schema: 1\ndefaults: {region: cn-shanghai, events: ALL, url: \"https://example.com/\"}\ncallback: [{auth_key: 1}]",
            "hint: for example auth_key: { env: \"VOD_CALLBACK_KEY\" }, { file: \"key.txt\" } or { command: [\"pass\", \"vod\"] }",
        ),
        (
            "m.json",
            "{\"schema\": 1, \"callback\": [{\"region\": \"cn-shanghai\", \"events\": \"ALL\", \"url\": \"https://example.com/\", \"auth_key\": 1}]}",
            "hint: for example \"auth_key\": { \"env\": \"VOD_CALLBACK_KEY\" }, { \"file\": \"key.txt\" } or { \"command\": [\"pass\", \"vod\"] }",
        ),
    ] {
        let said = told(&parse(name, text).unwrap_err());
        assert!(said.contains(hint), "{text}\n{said}");
    }
}

#[test]
fn no_text_whatever_brings_the_parser_down() {
    use proptest::prelude::*;
    let texts = files("good")
        .into_iter()
        .chain(files("bad"))
        .map(|(_, text)| text);
    let texts: Vec<String> = texts.collect();
    let config = ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(index in 0..texts.len(), at in any::<prop::sample::Index>(), noise in "[\\PC\n]{0,4}")| {
        let text = &texts[index];
        let mut at = at.index(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let text = format!("{}{noise}{}", &text[..at], &text[at..]);
        for syntax in [Syntax::Toml, Syntax::Yaml, Syntax::Json] {
            let _ = manifest::parse(&text, "m", syntax);
        }
    });
}
