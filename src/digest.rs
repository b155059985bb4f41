//! Digests as hexadecimal digits.

use sha2::{Digest, Sha256};

/// Lower-case hexadecimal digits of the bytes.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The SHA-256, 64 digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The first eight digits of a SHA-256 over many parts, by which people tell two things apart.
pub fn fingerprint(parts: impl IntoIterator<Item = impl AsRef<[u8]>>) -> String {
    let hash = parts.into_iter().fold(Sha256::new(), Sha256::chain_update);
    hex(&hash.finalize()[..4])
}
