//! What is sent in each scenario.

use std::time::Duration;

use serde_json::Value;

use super::{Ordinary, Shot, Signing, Wanted};
use crate::error::Result;
use crate::event::compose::{Draft, Edit};

/// The largest event: what a message of a queue can hold.
const LARGEST: usize = 64 * 1024;
/// Well below the five seconds of an attempt.
const SLOWLY: Duration = Duration::from_secs(2);

impl Shot {
    fn of(draft: &Draft, wanted: Wanted) -> Self {
        Shot {
            what: draft
                .event_type()
                .unwrap_or("a body without EventType")
                .to_owned(),
            body: draft.to_bytes(),
            signing: Signing::Right,
            slowly: None,
            wanted,
        }
    }

    fn signed(signing: Signing, what: &str, ordinary: &Ordinary, wanted: Wanted) -> Vec<Self> {
        let shot = Shot::of(&ordinary.draft, wanted);
        let what = what.to_owned();
        vec![Shot {
            what,
            signing,
            ..shot
        }]
    }
}

impl Ordinary {
    /// A sample of another event, dated now and of the same media.
    fn sample(&self, name: &str) -> Result<Draft> {
        let sample = Draft::sample(name, false)?;
        Ok(sample.dated(self.now).of_media(&self.id))
    }
}

fn changed(mut draft: Draft, edits: &[&str]) -> Result<Draft> {
    for edit in edits {
        // What it remarks upon is the point of it.
        let _ = draft.edit(&Edit::set(edit)?)?;
    }
    Ok(draft)
}

pub(super) fn plain(ordinary: &Ordinary) -> Result<Vec<Shot>> {
    Ok(vec![Shot::of(&ordinary.draft, Wanted::Accept)])
}

pub(super) fn duplicates(ordinary: &Ordinary) -> Result<Vec<Shot>> {
    let shot = |what: &str| Shot {
        what: what.to_owned(),
        ..Shot::of(&ordinary.draft, Wanted::Accept)
    };
    Ok(["the first time", "the second time", "the third time"]
        .map(shot)
        .to_vec())
}

pub(super) fn reordered(ordinary: &Ordinary) -> Result<Vec<Shot>> {
    let upside_down = [
        "TranscodeComplete",
        "StreamTranscodeComplete",
        "SnapshotComplete",
        "FileUploadComplete",
    ];
    let shots = upside_down.iter().map(|name| {
        let sample = ordinary.sample(name)?;
        Ok(Shot::of(&sample, Wanted::Accept))
    });
    shots.collect()
}

pub(super) fn slow(ordinary: &Ordinary) -> Result<Vec<Shot>> {
    let shot = Shot::of(&ordinary.draft, Wanted::Accept);
    Ok(vec![Shot {
        slowly: Some(SLOWLY),
        ..shot
    }])
}

pub(super) fn bad_signature(ordinary: &Ordinary) -> Result<Vec<Shot>> {
    Ok(Shot::signed(
        Signing::WrongKey,
        "signed with another key",
        ordinary,
        Wanted::Refuse,
    ))
}

pub(super) fn no_signature(ordinary: &Ordinary) -> Result<Vec<Shot>> {
    Ok(Shot::signed(
        Signing::Missing,
        "not signed",
        ordinary,
        Wanted::Refuse,
    ))
}

pub(super) fn stale_timestamp(ordinary: &Ordinary) -> Result<Vec<Shot>> {
    Ok(Shot::signed(
        Signing::Stale,
        "signed an hour ago",
        ordinary,
        Wanted::RatherRefuse,
    ))
}

pub(super) fn unknown_event(ordinary: &Ordinary) -> Result<Vec<Shot>> {
    let draft = changed(
        ordinary.draft.clone(),
        &["EventType=AnEventOfTheFutureComplete"],
    )?;
    Ok(vec![Shot::of(&draft, Wanted::Accept)])
}

pub(super) fn missing_fields(ordinary: &Ordinary) -> Result<Vec<Shot>> {
    let whole = ordinary.draft.value();
    let kept = ["EventTime", "EventType"].map(|name| (name.to_owned(), whole[name].clone()));
    let bare = Draft::from(kept.into_iter().collect::<serde_json::Map<_, _>>());
    let shot = Shot::of(&bare, Wanted::RatherAccept);
    let what = "nothing but type and time".to_owned();
    Ok(vec![Shot { what, ..shot }])
}

pub(super) fn extra_fields(ordinary: &Ordinary) -> Result<Vec<Shot>> {
    let edits = [
        "AMemberOfTheFuture=text with 汉字 and 🎬",
        "AnotherOne:={\"list\":[1,{\"nothing\":null}],\"yes\":true}",
        "ALongNumber:=9007199254740993",
    ];
    let draft = changed(ordinary.draft.clone(), &edits)?;
    Ok(vec![Shot::of(&draft, Wanted::Accept)])
}

/// Each shape stands in the catalogue, as a variant or as a type seen on the wire.
pub(super) fn alternative_shapes(ordinary: &Ordinary) -> Result<Vec<Shot>> {
    let object_as_text = |draft: Draft, name: &str| {
        let text = Value::from(draft.value()[name].to_string());
        changed(draft, &[&format!("{name}:={text}")])
    };
    let text_as_object = |draft: Draft, name: &str| {
        let text = draft.value()[name].as_str().unwrap_or("{}").to_owned();
        changed(draft, &[&format!("{name}:={text}")])
    };
    let shapes = [
        (
            "an object as text",
            ordinary.sample("DynamicImageComplete.string-info")?,
        ),
        (
            "a stream that failed in a success",
            ordinary.sample("TranscodeComplete.partial")?,
        ),
        (
            "numbers as text",
            changed(
                ordinary.sample("VideoAnalysisComplete")?,
                &["Width:=\"1280\"", "Height:=\"720\"", "Duration:=\"73.48\""],
            )?,
        ),
        (
            "text as an object",
            text_as_object(ordinary.sample("AIMediaDNAComplete")?, "Data")?,
        ),
        (
            "an object as text",
            object_as_text(ordinary.sample("MediaBaseChangeComplete")?, "MediaContent")?,
        ),
    ];
    let shots = shapes.map(|(what, draft)| {
        let shot = Shot::of(&draft, Wanted::Accept);
        let what = format!("{}, {what}", shot.what);
        Shot { what, ..shot }
    });
    Ok(shots.to_vec())
}

/// Tagging with its speech text is the event that grows most.
pub(super) fn large(ordinary: &Ordinary) -> Result<Vec<Shot>> {
    let of_length = |length: usize| {
        let text = "x".repeat(length);
        changed(
            ordinary.sample("AIVideoTagComplete")?,
            &[&format!("Data.OrigASRData={text}")],
        )
    };
    let around = of_length(0)?.to_bytes().len();
    let draft = of_length(LARGEST.saturating_sub(around))?;
    Ok(vec![Shot::of(&draft, Wanted::Accept)])
}
