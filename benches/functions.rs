//! The functions that work is done with again and again: signing, verifying, reading, explaining.
//!
//! `cargo bench --bench functions`
#![allow(missing_docs, clippy::unwrap_used)] // criterion's macros

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use vodcb::credential::Credential;
use vodcb::delivery::record::{self, Recorded};
use vodcb::delivery::signature::{NamedKey, NamedUrl, fitting, sign};
use vodcb::event::{catalogue, decode};
use vodcb::manifest::{Syntax, parse};
use vodcb::openapi::rpc::Envelope;
use vodcb::openapi::{Parameters, acs3, canonical_query, rpc};
use vodcb::secret::Secret;

const URL: &str = "https://example.com/vod/callback";
const TIME: &str = "1767225600";

fn requests(c: &mut Criterion) {
    let credential = Credential {
        access_key_id: "LTAI5tExampleExample".to_owned(),
        access_key_secret: Secret::new("ExampleSecretExampleSecret1234"),
        security_token: None,
    };
    let envelope = Envelope {
        action: "SetMessageCallback",
        version: "2017-03-21",
        timestamp: "2026-01-01T00:00:00Z",
        nonce: "3ee8c1b8b5b142a09d0f1a5e4b4f7a31",
    };
    let operation: Parameters = [
        ("AppId", "app-1000000"),
        ("CallbackType", "HTTP"),
        ("CallbackURL", URL),
        ("EventTypeList", "FileUploadComplete,TranscodeComplete"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    c.bench_function("sign a request by RPC 1.0", |b| {
        b.iter(|| rpc::sign("POST", black_box(envelope), &operation, &credential));
    });
    let query = canonical_query(&operation);
    c.bench_function("sign a request by ACS3", |b| {
        b.iter(|| acs3::sign(black_box(envelope), "vod.aliyuncs.com", &query, &credential));
    });
}

fn deliveries(c: &mut Criterion) {
    let key = Secret::new("Benchmark1");
    let (_, body) = catalogue::samples("TranscodeComplete")[0];
    let recorded = Recorded {
        headers: vec![
            ("Host".to_owned(), "example.com".to_owned()),
            ("X-VOD-TIMESTAMP".to_owned(), TIME.to_owned()),
            ("X-VOD-SIGNATURE".to_owned(), sign(URL, TIME, &key)),
        ],
        body: body.as_bytes().to_vec(),
        ..Recorded::default()
    };
    let line = serde_json::to_vec(&recorded.envelope()).unwrap();
    let urls = [NamedUrl {
        name: "--url".to_owned(),
        url: URL.to_owned(),
    }];
    let keys = [NamedKey {
        name: "given key".to_owned(),
        key,
    }];
    let signature = recorded.claim().unwrap().signature;
    c.bench_function("verify a signature", |b| {
        b.iter(|| fitting(black_box(TIME), &signature, &urls, &keys).is_some());
    });
    let mut lines = c.benchmark_group("a recorded delivery");
    lines.throughput(Throughput::Bytes(line.len() as u64));
    lines.bench_function("look its signature up", |b| {
        b.iter(|| record::signed(black_box(&line)).is_some());
    });
    lines.bench_function("read", |b| b.iter(|| record::read(black_box(&line))));
    lines.bench_function("write", |b| {
        b.iter(|| serde_json::to_vec(&black_box(&recorded).envelope()));
    });
    lines.finish();
}

fn events(c: &mut Criterion) {
    let (_, body) = catalogue::samples("TranscodeComplete")[0];
    let mut event = c.benchmark_group("an event");
    event.throughput(Throughput::Bytes(body.len() as u64));
    event.bench_function("unpack", |b| {
        b.iter(|| decode::unpack(black_box(body.as_bytes())));
    });
    let (value, _) = decode::unpack(body.as_bytes()).unwrap();
    event.bench_function("explain", |b| b.iter(|| decode::explain(black_box(&value))));
    event.finish();
}

/// Ten times the targets are to take ten times as long, also where all of them stand on one line.
fn manifests(c: &mut Criterion) {
    let entry = |number: u32| serde_json::json!({"app_id": format!("app-{number}"), "url": "https://example.com/vod"});
    let mut manifest = c.benchmark_group("a manifest");
    for targets in [1_000, 10_000] {
        let entries: Vec<_> = (0..targets).map(entry).collect();
        let document = serde_json::json!({
            "schema": 1,
            "defaults": {"region": "cn-shanghai", "events": "ALL"},
            "callback": entries,
        });
        let json = document.to_string();
        let yaml = serde_saphyr::to_string(&document).unwrap();
        manifest.throughput(Throughput::Elements(targets.into()));
        for (syntax, text) in [(Syntax::Json, json), (Syntax::Yaml, yaml)] {
            let name = format!("{targets} targets in {}", syntax.name());
            manifest.bench_function(name, |b| {
                b.iter(|| parse(black_box(&text), "manifest", syntax).unwrap());
            });
        }
    }
    manifest.finish();
}

criterion_group!(benches, requests, deliveries, events, manifests);
criterion_main!(benches);
