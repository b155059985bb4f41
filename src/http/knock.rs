//! Finds out step by step where a connection fails: name, address, certificate.
//!
//! Nothing is sent over these connections. They never go through a proxy, which would take each of
//! these steps itself.

use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConnection, DigitallySignedStruct, Error as TlsError, SignatureScheme,
};

use super::{CONNECT_TIMEOUT, Http, roots};
use crate::error::{Error, Kind, Result};

/// How long an address is tried alone before the next one is tried beside it.
const HEAD_START: Duration = Duration::from_millis(300);

/// The addresses of a name, by the resolver of this machine.
///
/// # Errors
/// Why there are none, in words.
pub async fn resolve(host: &str, port: u16) -> std::result::Result<Vec<SocketAddr>, String> {
    let found = tokio::time::timeout(CONNECT_TIMEOUT, tokio::net::lookup_host((host, port))).await;
    match found {
        Err(_) => Err(silence("the name servers did not answer")),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok(addresses)) => {
            let addresses: Vec<SocketAddr> = addresses.collect();
            if addresses.is_empty() {
                return Err("the name has no address".to_owned());
            }
            Ok(addresses)
        }
    }
}

/// A connection to whichever address takes one first. As with requests, one that is silent, such as that of
/// a broken IPv6, holds up the next for a moment only.
///
/// # Errors
/// What the addresses said, in words.
pub async fn connect(
    addresses: &[SocketAddr],
) -> std::result::Result<tokio::net::TcpStream, String> {
    let mut next = addresses.iter();
    let mut under_way = FuturesUnordered::new();
    let mut reasons = Vec::new();
    loop {
        under_way.extend(next.next().map(connect_to));
        tokio::select! {
            ended = under_way.next() => match ended {
                Some((_, Ok(stream))) => return Ok(stream),
                Some((_, Err(why))) if addresses.len() == 1 => return Err(why),
                Some((address, Err(why))) => reasons.push(format!("{}: {why}", address.ip())),
                None => return Err(reasons.join("; ")),
            },
            () = tokio::time::sleep(HEAD_START), if next.len() > 0 => {}
        }
    }
}

async fn connect_to(
    address: &SocketAddr,
) -> (
    &SocketAddr,
    std::result::Result<tokio::net::TcpStream, String>,
) {
    let connecting = tokio::net::TcpStream::connect(address);
    let ended = match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
        Err(_) => Err(silence("nobody answered")),
        Ok(ended) => ended.map_err(|error| error.to_string()),
    };
    (address, ended)
}

fn silence(what: &str) -> String {
    format!("{what} within {} s", CONNECT_TIMEOUT.as_secs())
}

/// What a server's certificate is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certificate {
    /// Trusted; `None` when its end is further away than ten years.
    Trusted {
        /// When it, or one it depends upon, expires.
        until: Option<Timestamp>,
    },
    /// It was good once.
    Expired {
        /// Until when, where that is known.
        since: Option<Timestamp>,
    },
    /// It will be good one day.
    NotYetValid,
    /// It is for other hosts.
    OtherHost {
        /// Their names, as far as they are known.
        names: Vec<String>,
    },
    /// It vouches for itself.
    SelfSigned,
    /// Nobody who is trusted vouches for it.
    UnknownIssuer {
        /// How many certificates the server sent.
        sent: usize,
    },
    /// Anything else that is wrong with it.
    Refused(String),
    /// No certificate came: the other side speaks no TLS, or breaks off.
    NoTls(String),
}

impl Http {
    /// Shakes hands as requests do, and judges the certificate.
    ///
    /// # Errors
    /// An internal one when TLS cannot be set up.
    pub async fn certificate(
        &self,
        stream: tokio::net::TcpStream,
        host: &str,
        now: Timestamp,
    ) -> Result<Certificate> {
        let trusted = roots::trusted(self.authorities.as_ref())?;
        let Ok(name) = ServerName::try_from(host.to_owned()) else {
            return Ok(Certificate::NoTls(format!("{host:?} is no host's name")));
        };
        let seen = Arc::new(Recorder {
            trusted: trusted.clone(),
            chain: Mutex::default(),
        });
        let config = roots::trusting(seen.clone())?;
        let connection = ClientConnection::new(Arc::new(config), name.clone());
        let connection = connection.map_err(internal)?;
        let ended = tokio::time::timeout(CONNECT_TIMEOUT, shake_hands(connection, stream)).await;
        let ended = ended.unwrap_or_else(|_| Err(silence("the handshake did not end")));
        let chain = seen.chain.lock().map(|chain| chain.clone());
        let chain = chain.unwrap_or_default();
        Ok(match (chain.split_first(), ended) {
            (None, Err(why)) => Certificate::NoTls(why),
            (None, Ok(())) => Certificate::NoTls("no certificate was sent".to_owned()),
            (Some((leaf, others)), ended) => {
                match judge(trusted.as_ref(), leaf, others, &name, now) {
                    trusted @ Certificate::Trusted { .. } => {
                        ended.map_or_else(Certificate::NoTls, |()| trusted)
                    }
                    bad => bad,
                }
            }
        })
    }
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::new(Kind::Internal, "TLS cannot be set up").cause(error.to_string())
}

/// On a thread of its own, since rustls reads and writes in the blocking way.
async fn shake_hands(
    mut connection: ClientConnection,
    stream: tokio::net::TcpStream,
) -> std::result::Result<(), String> {
    let shake = move || {
        let mut stream: TcpStream = stream.into_std()?;
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(CONNECT_TIMEOUT))?;
        while connection.is_handshaking() {
            if connection.complete_io(&mut stream)? == (0, 0) {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        // Only good manners; the certificate has been seen.
        connection.send_close_notify();
        let _ = connection.write_tls(&mut stream);
        Ok(())
    };
    let done = tokio::task::spawn_blocking(shake).await;
    match done {
        Ok(done) => done.map_err(|error: std::io::Error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// Asks the verifier what is wrong, and if nothing is, when it will be.
fn judge(
    trusted: &dyn ServerCertVerifier,
    leaf: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
    name: &ServerName<'_>,
    now: Timestamp,
) -> Certificate {
    let ask = |verifier: &dyn ServerCertVerifier, at: UnixTime| {
        verifier.verify_server_cert(leaf, others, name, &[], at)
    };
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let trouble = match ask(trusted, now) {
        Ok(_) => {
            const TEN_YEARS: u64 = 10 * 366 * 24 * 3600;
            let later = UnixTime::since_unix_epoch(Duration::from_secs(seconds + TEN_YEARS));
            return Certificate::Trusted {
                until: ask(trusted, later).err().and_then(|error| ended_at(&error)),
            };
        }
        Err(TlsError::InvalidCertificate(trouble)) => trouble,
        Err(other) => return Certificate::Refused(other.to_string()),
    };
    match trouble {
        CertificateError::Expired => Certificate::Expired { since: None },
        CertificateError::ExpiredContext { not_after, .. } => Certificate::Expired {
            since: timestamp(not_after),
        },
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Certificate::NotYetValid
        }
        CertificateError::NotValidForName => Certificate::OtherHost { names: Vec::new() },
        CertificateError::NotValidForNameContext { presented, .. } => {
            Certificate::OtherHost { names: presented }
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            // Who vouches for itself is known as soon as it is trusted itself, whatever else may be
            // wrong with it then.
            let own = roots::only(leaf).map(|own| ask(own.as_ref(), now));
            if own.is_some_and(|own| !own.is_err_and(|error| is_about_issuer(&error))) {
                return Certificate::SelfSigned;
            }
            Certificate::UnknownIssuer {
                sent: others.len() + 1,
            }
        }
        // As made by many tools: an authority's certificate in the place of a server's.
        _ if roots::is_self_issued(leaf) => Certificate::SelfSigned,
        other => Certificate::Refused(TlsError::InvalidCertificate(other).to_string()),
    }
}

fn is_about_issuer(error: &TlsError) -> bool {
    matches!(
        error,
        TlsError::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature
        )
    )
}

fn ended_at(error: &TlsError) -> Option<Timestamp> {
    match error {
        TlsError::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. }) => {
            timestamp(*not_after)
        }
        _ => None,
    }
}

fn timestamp(time: UnixTime) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(time.as_secs()).ok()?).ok()
}

/// Remembers the certificates that a server sent, and leaves the verdict to the usual verifier.
#[derive(Debug)]
struct Recorder {
    trusted: Arc<dyn ServerCertVerifier>,
    chain: Mutex<Vec<CertificateDer<'static>>>,
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, TlsError> {
        if let Ok(mut chain) = self.chain.lock() {
            let sent = std::iter::once(end_entity).chain(intermediates);
            *chain = sent.map(|one| one.clone().into_owned()).collect();
        }
        self.trusted
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, TlsError> {
        self.trusted
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, TlsError> {
        self.trusted
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trusted.supported_verify_schemes()
    }
}
