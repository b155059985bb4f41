//! Certificates, each made by the test.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{HERE, check, found, pairs};
use crate::receiver::{Receiver, Reply};
use crate::sandbox::{Run, Sandbox};

struct Company {
    authority: CertifiedIssuer<'static, KeyPair>,
}

/// Days from now.
type Days = i64;

fn valid(params: &mut CertificateParams, from: Days, until: Days) {
    #[allow(clippy::disallowed_methods)] // certificates live in the present
    let now = std::time::SystemTime::now();
    let at = |days: Days| {
        let distance = std::time::Duration::from_secs(days.unsigned_abs() * 86400);
        let time = if days < 0 {
            now - distance
        } else {
            now + distance
        };
        time.into()
    };
    params.not_before = at(from);
    params.not_after = at(until);
}

fn config(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::try_from(key.serialize_der()).unwrap());
    Arc::new(config.unwrap())
}

impl Company {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Company {
            authority: CertifiedIssuer::self_signed(params, key).unwrap(),
        }
    }

    fn receiver(&self, name: &str, from: Days, until: Days) -> Receiver {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        valid(&mut params, from, until);
        let certificate = params.signed_by(&key, &self.authority).unwrap();
        let config = config(vec![certificate.der().clone()], &key);
        Receiver::secure(config, &[Reply::Status(200)])
    }

    fn check(&self, receiver: &Receiver) -> Run {
        let sandbox = Sandbox::offline();
        let file = sandbox.file("company.pem", &self.authority.pem());
        let (url, file) = (receiver.url("/vod"), file.to_str().unwrap().to_owned());
        let args = [
            "check",
            &url,
            "--deliver",
            "--ca-bundle",
            &file,
            "-o",
            "json",
        ];
        sandbox.vodcb(args)
    }
}

#[track_caller]
fn assert_tls(run: &Run, result: &str, words: &str) {
    assert_eq!(found(run), pairs(&[HERE, ("tls", result)]), "{run:?}");
    let tls = check(run, "tls");
    assert!(tls["cause"].as_str().unwrap().contains(words), "{tls}");
}

#[test]
fn a_good_certificate_says_until_when() {
    let company = Company::new();
    let receiver = company.receiver("localhost", -1, 90);
    let run = company.check(&receiver).ok();
    assert_eq!(found(&run), pairs(&[HERE]), "{run:?}");
    let cause = check(&run, "tls")["cause"].to_string();
    assert!(
        cause.contains("89 days") || cause.contains("90 days"),
        "{cause}"
    );
    assert_eq!(receiver.requests().len(), 1);
}

#[test]
fn a_certificate_that_ends_soon_is_a_warning() {
    let company = Company::new();
    let receiver = company.receiver("localhost", -1, 10);
    assert_tls(&company.check(&receiver).ok(), "warn", "days from now");
}

#[test]
fn each_fault_of_a_certificate_is_named_as_itself() {
    let company = Company::new();
    let expired = company.receiver("localhost", -30, -2);
    assert_tls(&company.check(&expired).exits(1), "fail", "expired on");
    let early = company.receiver("localhost", 2, 30);
    assert_tls(&company.check(&early).exits(1), "fail", "not valid yet");
    let other = company.receiver("elsewhere.example.com", -1, 90);
    let run = company.check(&other).exits(1);
    assert_tls(&run, "fail", "elsewhere.example.com");
    let unknown = Company::new().receiver("localhost", -1, 90);
    assert_tls(&company.check(&unknown).exits(1), "fail", "issuer");
    for receiver in [expired, early, other, unknown] {
        assert!(receiver.requests().is_empty(), "nothing is sent there");
    }
}

#[test]
fn self_signed_certificates_are_told_from_unknown_authorities() {
    let company = Company::new();
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = is_ca;
        let certificate = params.self_signed(&key).unwrap();
        let config = config(vec![certificate.der().clone()], &key);
        let receiver = Receiver::secure(config, &[Reply::Status(200)]);
        assert_tls(&company.check(&receiver).exits(1), "fail", "self-signed");
        assert!(receiver.requests().is_empty());
        if is_ca != IsCa::NoCa {
            // A delivery that is not checked before says so in the same word.
            let url = receiver.url("/vod").replace("127.0.0.1", "localhost");
            let send = ["send", "FileUploadComplete", "--once", "--to", &url];
            let run = Sandbox::offline().vodcb(send).exits(1);
            let words = format!("{}{}", run.stdout, run.stderr);
            assert!(
                words.contains("invalid peer certificate: self-signed"),
                "{run:?}"
            );
        }
    }
}

#[test]
fn plain_http_behind_an_https_url_is_named() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let url = receiver.url("/vod").replace("http:", "https:");
    let run = Sandbox::offline()
        .vodcb(["check", &url, "--deliver", "-o", "json"])
        .exits(1);
    assert_tls(&run, "fail", "no TLS");
}

#[test]
fn a_bundle_that_cannot_be_read_is_a_usage_error() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let url = receiver.url("/vod").replace("http:", "https:");
    Sandbox::offline()
        .vodcb(["check", &url, "--ca-bundle", "missing.pem"])
        .exits(2)
        .says(&["missing.pem"]);
}
