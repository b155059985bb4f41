//! A company with a certificate authority of its own; each certificate is made by the test.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::sandbox::Sandbox;

/// Days from now.
pub type Days = i64;

pub struct Company {
    authority: CertifiedIssuer<'static, KeyPair>,
}

impl Company {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Company {
            authority: CertifiedIssuer::self_signed(params, key).unwrap(),
        }
    }

    /// What a server needs that has a certificate for these names.
    pub fn certified(&self, names: &[&str]) -> Arc<ServerConfig> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        self.signed(&CertificateParams::new(names).unwrap())
    }

    /// The same for one name and a time.
    pub fn certified_within(&self, name: &str, from: Days, until: Days) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = at(from).into();
        params.not_after = at(until).into();
        self.signed(&params)
    }

    pub fn file(&self, sandbox: &Sandbox) -> PathBuf {
        sandbox.file("company.pem", &self.authority.pem())
    }

    fn signed(&self, params: &CertificateParams) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.authority).unwrap();
        config(certificate.der().clone(), &key)
    }
}

/// What a server needs that has this certificate.
pub fn config(certificate: CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key);
    Arc::new(config.unwrap())
}

fn at(days: Days) -> std::time::SystemTime {
    #[allow(clippy::disallowed_methods)] // certificates live in the present
    let now = std::time::SystemTime::now();
    let distance = std::time::Duration::from_secs(days.unsigned_abs() * 86400);
    if days < 0 {
        now - distance
    } else {
        now + distance
    }
}
