//! Requests as they go over the wire.

use crate::credential::Credential;
use crate::openapi::{Parameters, acs3, canonical_query, rpc};

/// Where the parameters of an RPC call travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Body,
    Query,
}

/// A request as it goes over the wire.
pub(super) struct Signed {
    pub(super) query: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    pub(super) string_to_sign: String,
}

impl Signed {
    /// For operations that take no signature.
    pub(super) fn unsigned(
        envelope: rpc::Envelope<'_>,
        operation: &Parameters,
        place: Place,
    ) -> Self {
        let encoded = canonical_query(&rpc::unsigned(envelope, operation));
        Signed::form(encoded, place, String::new())
    }

    /// Everything in the form body, so that no key stands in a URL; or all of it in the query.
    pub(super) fn rpc(
        envelope: rpc::Envelope<'_>,
        operation: &Parameters,
        credential: &Credential,
        place: Place,
    ) -> Self {
        let signed = rpc::sign("POST", envelope, operation, credential);
        Signed::form(
            canonical_query(&signed.parameters),
            place,
            signed.string_to_sign,
        )
    }

    fn form(encoded: String, place: Place, string_to_sign: String) -> Self {
        let (query, body) = match place {
            Place::Body => (String::new(), encoded),
            Place::Query => (encoded, String::new()),
        };
        let form = "application/x-www-form-urlencoded";
        Signed {
            query,
            headers: vec![("content-type".to_owned(), form.to_owned())],
            body,
            string_to_sign,
        }
    }

    /// Always in the query, as the official clients do: the operation is named in a header, so a
    /// service that ignored a body would carry out a Set of nothing.
    pub(super) fn acs3(
        envelope: rpc::Envelope<'_>,
        operation: &Parameters,
        credential: &Credential,
        host: &str,
    ) -> Self {
        let query = canonical_query(operation);
        let mut signed = acs3::sign(envelope, host, &query, credential);
        // The HTTP client writes this one itself, from the same endpoint.
        signed.headers.remove("host");
        signed
            .headers
            .insert("accept".into(), "application/json".into());
        Signed {
            query,
            headers: signed.headers.into_iter().collect(),
            body: String::new(),
            string_to_sign: signed.string_to_sign,
        }
    }
}
