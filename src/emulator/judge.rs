//! What a request asks for and whether it may, judged without a server and without doing it: so the fuzzer
//! reaches the readers behind the socket.

use std::sync::Mutex;

use hyper::http::request::Parts;
use jiff::Timestamp;

use super::issued::Keyring;
use super::message::Message;
use super::{builtin_key, gateway, journal, mns, places};

/// Judges a request by the built-in key: what it asks for, or the code it would be refused with.
///
/// # Errors
/// The code of the refusal.
pub fn judge(head: &Parts, body: &[u8], now: Timestamp) -> Result<String, String> {
    let keyring = Keyring::new(vec![builtin_key()], None, String::new);
    if mns::is_for_queues(head) {
        let judged = mns::judge(head, body, &keyring, now);
        return judged.map_err(|refusal| refusal.code);
    }
    let message = Message::read(head, body, true);
    journal::presentable(&message.parameters);
    if places::at(&message.path).is_some() {
        return Ok(journal::place(&message.method, &message.path));
    }
    match gateway::verify(&message, &keyring, &Mutex::default(), now) {
        Ok((operation, _)) => Ok(operation.name().to_owned()),
        Err(refusal) => Err(refusal.code),
    }
}
