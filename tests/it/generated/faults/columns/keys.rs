//! Where keys come from, and whose they are.

use super::{Column, Ends, IDENTITY, KeyFrom, Words, reading};

const OFFLINE: Words = &["whoami", "--offline"];
const ASSUME: Words = &["Action=AssumeRole"];
const METADATA: Words = &["/latest/"];

pub fn columns() -> Vec<Column> {
    let source = |heading, key, befallen, action, words| Column {
        befallen,
        key,
        ..reading(heading, OFFLINE, action, words)
    };
    let role = |heading, key, befallen| Column {
        ends: Ends::Role,
        ..source(heading, key, befallen, "assume", ASSUME)
    };
    let metadata = |heading, key| Column {
        ends: Ends::NoKey,
        ..source(heading, key, "the metadata service", "imds", METADATA)
    };
    let exchange = |heading, key, befallen, action, words| Column {
        ends: Ends::Source,
        ..source(heading, key, befallen, action, words)
    };
    vec![
        reading("whoami", &["whoami"], "identity", IDENTITY),
        role("role", KeyFrom::Role, "the request for the role"),
        Column {
            spared: 1,
            before: Some(1),
            ..role("role of a role", KeyFrom::Chain, "the second request")
        },
        Column {
            ends: Ends::Role,
            ..source(
                "OIDC",
                KeyFrom::Oidc,
                "the request for the role",
                "oidc",
                &["Action=AssumeRoleWithOIDC"],
            )
        },
        metadata("ECS", KeyFrom::Instance),
        metadata("ECS profile", KeyFrom::InstanceProfile),
        exchange(
            "URI",
            KeyFrom::Uri,
            "the credentials URI",
            "uri",
            &["/credentials-uri"],
        ),
        exchange(
            "CloudSSO",
            KeyFrom::CloudSso,
            "the exchange of the token",
            "sso",
            &["/cloud-credentials"],
        ),
        exchange(
            "OAuth",
            KeyFrom::OAuth,
            "the exchange of the token",
            "oauth",
            &["/v1/exchange"],
        ),
    ]
}
