//! The least a signed `GetMessageCallback` can be: the same request as `vodcb get` sends, over a bare
//! socket, without settings, checks and retries. Prints the answer as it came.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used)]

use std::env::var;
use std::io::{Read, Write};
use std::net::TcpStream;

use vodcb::credential::Credential;
use vodcb::openapi::rpc::{Envelope, sign};
use vodcb::openapi::{Parameters, canonical_query};
use vodcb::secret::Secret;

fn main() {
    let endpoint = var("VODCB_ENDPOINT").unwrap();
    let host = endpoint.strip_prefix("http://").unwrap();
    let credential = Credential {
        access_key_id: var("ALIBABA_CLOUD_ACCESS_KEY_ID").unwrap(),
        access_key_secret: Secret::new(var("ALIBABA_CLOUD_ACCESS_KEY_SECRET").unwrap()),
        security_token: None,
    };
    let envelope = Envelope {
        action: "GetMessageCallback",
        version: "2017-03-21",
        timestamp: &jiff::Timestamp::now().strftime("%FT%TZ").to_string(),
        nonce: &uuid::Uuid::new_v4().simple().to_string(),
    };
    let operation = Parameters::from([("AppId".to_owned(), "app-1000000".to_owned())]);
    let signed = sign("POST", envelope, &operation, &credential);
    let body = canonical_query(&signed.parameters);
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: \
         application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    println!("{body}");
}
