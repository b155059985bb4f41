//! What gateways and proxies make of an answer on its way out.

use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use hyper::{Response, StatusCode};

use super::body::Body;

/// What an answer is made to look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disguise {
    /// It is called plain text.
    WrongType,
    /// It has a megabyte of headers.
    HugeHeaders,
    /// Something compressed is in its place, which is much larger than it looks.
    GzipBomb,
    /// It leads elsewhere.
    Redirect,
}

/// The gzip of the gzip of four gigabytes of zeros, but for the zeros that it consists of itself: a match of
/// the greatest length takes two bits, so that each turn is 1032 times as small.
const BOMB: (&[u8], usize, &[u8]) = (
    b"\x1f\x8b\x08\0\0\0\0\0\0\xff\0\x18\0\xe7\xff\x1f\x8b\x08\0\0\0\0\0\0\xff\xed\xc0\x81\0\0\0\0\x80\xa0\xfd\xa9\x17\xa9\0\xec\xc0\x81\0\0\0\0\x80\xa0\xfd\xa9\x17\xa9\0",
    4031,
    b"\xe0\0\x09\0\xf6\xff\x06\xe4\xb1\x94\x0b\x31\x18\xfc\xff\xc8\xd0\x92\x8e\x26\x80\x3f\0",
);

impl Disguise {
    /// Its name as a fault.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Disguise::WrongType => "wrong-type",
            Disguise::HugeHeaders => "huge-headers",
            Disguise::GzipBomb => "gzip-bomb",
            Disguise::Redirect => "redirect",
        }
    }

    /// The one of this name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let all = [
            Disguise::WrongType,
            Disguise::HugeHeaders,
            Disguise::GzipBomb,
            Disguise::Redirect,
        ];
        all.into_iter().find(|it| it.name() == name)
    }

    /// The answer as it looks in it, if there is one.
    pub(super) fn put_on(disguise: Option<Self>, answer: Response<Body>) -> Response<Body> {
        match disguise {
            Some(disguise) => disguise.of(answer),
            None => answer,
        }
    }

    fn of(self, mut answer: Response<Body>) -> Response<Body> {
        let headers = answer.headers_mut();
        match self {
            Disguise::WrongType => set(headers, CONTENT_TYPE, "text/plain"),
            Disguise::Redirect => set(headers, LOCATION, "/elsewhere"),
            Disguise::HugeHeaders => {
                if let Ok(padding) = HeaderValue::from_bytes(&[b'a'; 8192]) {
                    let name = HeaderName::from_static("x-padding");
                    for _ in 0..128 {
                        headers.append(&name, padding.clone());
                    }
                }
            }
            Disguise::GzipBomb => {
                set(headers, CONTENT_ENCODING, "gzip, gzip");
                let (head, zeros, tail) = BOMB;
                *answer.body_mut() = Body::whole([head, &vec![0; zeros], tail].concat());
                // Whatever the status was, this one lets the body be read.
                *answer.status_mut() = StatusCode::OK;
            }
        }
        answer
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
