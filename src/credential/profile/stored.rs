//! A profile as the file holds it.

use std::path::Path;

use serde::Deserialize;

use crate::settings::StsWish;

/// One profile; an empty text means that the member is absent.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct Profile {
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) mode: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) access_key_id: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) access_key_secret: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) sts_token: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) sts_region: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) sts_endpoint: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) enable_vpc: bool,
    #[serde(deserialize_with = "or_default")]
    pub(super) sts_expiration: i64,
    #[serde(deserialize_with = "or_default")]
    pub(super) region_id: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) ram_role_name: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) ram_role_arn: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) ram_session_name: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) expired_seconds: u64,
    #[serde(deserialize_with = "or_default")]
    pub(super) external_id: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) policy: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) source_profile: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) private_key: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) key_pair_name: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) bearer_token: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) process_command: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) credentials_uri: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) oidc_provider_arn: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) oidc_token_file: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) cloud_sso_sign_in_url: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) cloud_sso_account_id: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) cloud_sso_access_config: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) access_token: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) cloud_sso_access_token_expire: i64,
    #[serde(deserialize_with = "or_default")]
    pub(super) oauth_site_type: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) oauth_access_token: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) oauth_access_token_expire: i64,
}

/// Some SDKs, and commands that print a key, write `null` where aliyun-cli writes nothing.
pub(in crate::credential) fn or_default<'de, D, T>(
    deserializer: D,
) -> std::result::Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Profile {
    /// Where the profile wants STS to be.
    pub(super) fn sts_wish(&self, file: &Path) -> StsWish {
        StsWish {
            of: format!("profile {:?} in {}", self.name, file.display()),
            endpoint: given(&self.sts_endpoint),
            region: given(&self.sts_region),
            vpc: self.enable_vpc,
        }
    }

    /// True when it holds something that nobody else should read.
    pub(super) fn holds_secret(&self) -> bool {
        [
            &self.access_key_secret,
            &self.sts_token,
            &self.access_token,
            &self.oauth_access_token,
            &self.private_key,
            &self.bearer_token,
        ]
        .iter()
        .any(|value| !value.is_empty())
    }

    /// True for what aliyun-cli begins with: a profile whose key was never filled in.
    pub(super) fn holds_nothing(&self) -> bool {
        let key = [&self.access_key_id, &self.access_key_secret];
        self.mode().eq_ignore_ascii_case("AK") && key.iter().all(|member| member.is_empty())
    }

    /// aliyun-cli leaves the mode out of old profiles and goes by what they hold.
    pub(super) fn mode(&self) -> &str {
        if !self.mode.is_empty() {
            return &self.mode;
        }
        let has = |values: &[&str]| values.iter().all(|value| !value.is_empty());
        let key = has(&[&self.access_key_id, &self.access_key_secret]);
        let oidc = [
            &self.oidc_provider_arn,
            &self.oidc_token_file,
            &self.ram_role_arn,
        ];
        let held = [
            (key && has(&[&self.ram_role_arn]), "RamRoleArn"),
            (key && has(&[&self.sts_token]), "StsToken"),
            (key, "AK"),
            (has(&[&self.private_key, &self.key_pair_name]), "RsaKeyPair"),
            (has(&[&self.ram_role_name]), "EcsRamRole"),
            (has(&[&self.process_command]), "External"),
            (has(&oidc.map(String::as_str)), "OIDC"),
            (has(&[&self.cloud_sso_sign_in_url]), "CloudSSO"),
            (has(&[&self.bearer_token]), "BearerToken"),
        ];
        held.iter()
            .find(|(is_held, _)| *is_held)
            .map_or("AK", |(_, mode)| mode)
    }
}

/// A member that is there.
pub(super) fn given(text: &str) -> Option<String> {
    Some(text)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}
