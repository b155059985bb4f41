//! Certificates of receivers.

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

use super::{HERE, check, found, pairs};
use crate::company::{Company, Days, config};
use crate::receiver::{Receiver, Reply};
use crate::sandbox::{Run, Sandbox};

impl Company {
    fn receiver(&self, name: &str, from: Days, until: Days) -> Receiver {
        let config = self.certified_within(name, from, until);
        Receiver::secure(config, &[Reply::Status(200)])
    }

    fn check(&self, receiver: &Receiver) -> Run {
        let sandbox = Sandbox::offline();
        let (url, file) = (receiver.url("/vod"), self.file(&sandbox));
        let file = file.to_str().unwrap();
        let bundle = ["--ca-bundle", file, "-o", "json"];
        sandbox.vodcb(["check", &url, "--deliver"].into_iter().chain(bundle))
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
        let config = config(certificate.der().clone(), &key);
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
