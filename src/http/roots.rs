//! Which certificates are trusted.
//!
//! Mozilla's roots are in the binary, so that a container without certificates works and nothing is
//! read from disk. The system's roots, which hold a company's own, are loaded at the first
//! certificate whose issuer the bundled ones do not know. This file accepts nothing by itself: it
//! asks rustls' own verifier, once with each set.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, CipherSuite, ClientConfig, DigitallySignedStruct, Error as TlsError,
    RootCertStore, SignatureScheme, SupportedCipherSuite,
};

use crate::error::{Error, Kind, Result};

/// How connections are secured. AES with 128 bits and SHA-256 comes first, as in browsers: processors compute
/// both by themselves, and SHA-384 most do not. The server has the last word.
fn provider() -> Arc<CryptoProvider> {
    let mut provider = ring::default_provider();
    let suites = &mut provider.cipher_suites;
    let is_first =
        |suite: &SupportedCipherSuite| suite.suite() == CipherSuite::TLS13_AES_128_GCM_SHA256;
    if let Some(at) = suites.iter().position(is_first) {
        suites[..=at].rotate_right(1);
    }
    Arc::new(provider)
}

/// Trusts nobody; for clients of plain http, which never ask.
pub fn none() -> Result<ClientConfig> {
    Ok(builder()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

/// Trusts what the verifier accepts.
pub fn trusting(verifier: Arc<dyn ServerCertVerifier>) -> Result<ClientConfig> {
    Ok(builder()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

/// Trusts these certificate authorities and nobody else; without them the bundled roots and, when they do
/// not know an issuer, the system's.
///
/// # Errors
/// An internal one when TLS cannot be set up.
pub fn trusted(own: Option<&RootCertStore>) -> Result<Arc<dyn ServerCertVerifier>> {
    let provider = provider();
    if let Some(own) = own {
        let verifier = verifier(own.clone(), &provider).map_err(internal)?;
        return Ok(verifier);
    }
    let bundled = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    Ok(Arc::new(TwoSets {
        bundled: verifier(bundled, &provider).map_err(internal)?,
        system: OnceLock::new(),
        provider,
    }))
}

/// Trusts this certificate as if it were an authority; `None` when it cannot be one.
pub fn only(certificate: &CertificateDer<'_>) -> Option<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone().into_owned()).ok()?;
    verifier(roots, &provider()).ok()
}

/// True when a certificate names itself as its issuer. The two names stand in it as the same bytes.
pub fn is_self_issued(certificate: &CertificateDer<'_>) -> bool {
    let mut roots = RootCertStore::empty();
    if roots.add(certificate.clone().into_owned()).is_err() {
        return false;
    }
    let subject = roots.roots.first().map(|root| root.subject.as_ref());
    subject.is_some_and(|name| {
        let places = certificate.windows(name.len().max(1));
        !name.is_empty() && places.filter(|place| *place == name).count() > 1
    })
}

/// Reads the certificate authorities of a PEM file.
///
/// # Errors
/// A usage error for a file that cannot be read or holds no certificate.
pub fn read(file: &Path) -> Result<RootCertStore> {
    let bytes = std::fs::read(file).map_err(|error| error.to_string());
    bytes.and_then(|bytes| read_pem(&bytes)).map_err(|why| {
        Error::usage(format!(
            "the certificate authorities in {} cannot be used",
            file.display()
        ))
        .cause(why)
        .hint("give a PEM file with one or more certificates")
    })
}

/// Reads the certificate authorities of a PEM file, or tells what is wrong with it.
pub fn read_pem(bytes: &[u8]) -> std::result::Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(bytes) {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    match roots.is_empty() {
        true => Err("it holds no certificate".to_owned()),
        false => Ok(roots),
    }
}

/// Why some of the system's certificate authorities are not known, such as those of a file that `SSL_CERT_FILE`
/// names and that is not there. They are read once more, since connections keep the authorities only.
pub fn unread() -> Vec<String> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() && found.errors.is_empty() {
        return vec![
            "the system, or what SSL_CERT_FILE and SSL_CERT_DIR name, holds no certificate"
                .to_owned(),
        ];
    }
    found.errors.iter().map(ToString::to_string).collect()
}

type Builder = rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>;

fn builder() -> Result<Builder> {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(internal)
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::new(Kind::Internal, "TLS cannot be set up").cause(error.to_string())
}

fn verifier(
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> std::result::Result<Arc<WebPkiServerVerifier>, rustls::client::VerifierBuilderError> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build()
}

#[derive(Debug)]
struct TwoSets {
    bundled: Arc<WebPkiServerVerifier>,
    system: OnceLock<Option<Arc<WebPkiServerVerifier>>>,
    provider: Arc<CryptoProvider>,
}

impl TwoSets {
    /// `None` when the system has no usable root.
    fn system(&self) -> Option<&Arc<WebPkiServerVerifier>> {
        let load = || {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            verifier(roots, &self.provider).ok()
        };
        self.system.get_or_init(load).as_ref()
    }
}

impl ServerCertVerifier for TwoSets {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, TlsError> {
        let ask = |verifier: &WebPkiServerVerifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        match ask(&self.bundled) {
            Err(TlsError::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                match self.system() {
                    Some(system) => ask(system),
                    None => Err(TlsError::InvalidCertificate(
                        CertificateError::UnknownIssuer,
                    )),
                }
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, TlsError> {
        self.bundled
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, TlsError> {
        self.bundled
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.bundled.supported_verify_schemes()
    }
}
