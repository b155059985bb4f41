//! The catalogue and its samples agree.

use super::*;

/// The names of the vendor's event index, counted by hand.
#[test]
fn the_catalogue_has_the_22_documented_events() {
    assert_eq!(catalogue().events.len(), 22);
}

#[test]
fn every_event_has_a_sample_that_carries_its_name() {
    for event in &catalogue().events {
        let bodies = samples(&event.name);
        assert_eq!(bodies[0].0, event.name, "the plain sample comes first");
        for (name, text) in bodies {
            assert_eq!(read(text).0["EventType"], event.name.as_str(), "{name}");
        }
    }
}

#[test]
fn every_sample_file_belongs_to_an_event() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/event/samples");
    let mut on_disk = Vec::new();
    for folder in [folder.to_owned(), format!("{folder}/variants")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            on_disk.extend(name.strip_suffix(".json").map(str::to_owned));
        }
    }
    on_disk.sort();
    let rows = catalogue().events.iter();
    let mut embedded: Vec<String> = rows
        .flat_map(|event| samples(&event.name))
        .map(|(name, _)| name.to_owned())
        .collect();
    embedded.sort();
    assert_eq!(on_disk, embedded);
}

#[test]
fn every_sample_is_explained_without_a_warning() {
    for event in &catalogue().events {
        for (name, text) in samples(&event.name) {
            let explanation = explain(&read(text).0);
            assert!(explanation.known);
            assert_eq!(explanation.warnings, Vec::<String>::new(), "{name}");
            let failed = name.ends_with(".fail");
            let expected = if failed {
                Outcome::Failure
            } else {
                Outcome::Success
            };
            assert_eq!(explanation.result, expected, "{name}");
        }
    }
}

#[test]
fn members_of_samples_are_documented() {
    // Workflow results are free-form below `Result`; nothing else is.
    for event in &catalogue().events {
        for (name, text) in samples(&event.name) {
            for row in explain(&read(text).0).fields {
                assert!(
                    row.documented || row.path.contains(".Result."),
                    "{name}: {}",
                    row.path
                );
            }
        }
    }
}
