//! Names of roles and of what is issued to whoever assumes one.

use sha2::{Digest, Sha256};

const MAX_ROLE_NAME: usize = 64;

/// A role of an account: `acs:ram::ACCOUNT:role/NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RoleArn {
    pub(super) account_id: String,
    pub(super) name: String,
}

impl RoleArn {
    pub(super) fn new(account_id: &str, name: &str) -> Self {
        RoleArn {
            account_id: account_id.to_owned(),
            name: name.to_owned(),
        }
    }

    /// Reads the form a request has.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (account_id, name) = resource(text, "role")?;
        let is_name = name.len() <= MAX_ROLE_NAME
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
        is_name.then(|| RoleArn::new(account_id, name))
    }

    /// The number RAM would have given the role: of one role always the same, made from its name.
    pub(super) fn id(&self) -> String {
        let digest = Sha256::digest(format!("{}\n{}", self.account_id, self.name));
        let digits = digest.iter().take(17);
        digits.fold(String::from("3"), |mut id, byte| {
            id.push(char::from(b'0' + byte % 10));
            id
        })
    }

    /// Who a session of this role is.
    pub(super) fn session_arn(&self, session: &str) -> String {
        format!(
            "acs:ram::{}:assumed-role/{}/{session}",
            self.account_id, self.name
        )
    }
}

impl std::fmt::Display for RoleArn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "acs:ram::{}:role/{}", self.account_id, self.name)
    }
}

/// Whether this is an identity provider: `acs:ram::ACCOUNT:oidc-provider/NAME`.
pub(super) fn is_oidc_provider(text: &str) -> bool {
    resource(text, "oidc-provider").is_some()
}

/// Account and name of a RAM resource of this kind.
fn resource<'a>(text: &'a str, kind: &str) -> Option<(&'a str, &'a str)> {
    let (account_id, rest) = text.strip_prefix("acs:ram::")?.split_once(':')?;
    let name = rest.strip_prefix(kind)?.strip_prefix('/')?;
    let is_account = !account_id.is_empty() && account_id.bytes().all(|byte| byte.is_ascii_digit());
    (is_account && !name.is_empty()).then_some((account_id, name))
}
