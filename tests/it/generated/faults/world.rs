//! What a command finds before it begins, and what it leaves behind.

use serde_json::{Value, json};

use super::columns::{Column, NEW, NEW_KEY, OLD, OLD_KEY};
use crate::sandbox::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, ACCOUNT_ID, Sandbox};

const ROLE: &str = "acs:ram::1234567890123456:role/vod";
/// Long after every test.
const NEVER: i64 = 4_102_444_800;

/// Who is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Vod,
    Sts,
    Ram,
    Queues,
    Metadata,
    Uri,
    CloudSso,
    OAuth,
}

impl Service {
    /// The one that a fault's action, perhaps with a place, is for.
    pub fn of(action: &str) -> Self {
        match action.split('@').next().unwrap_or_default() {
            "get" | "set" | "delete" | "list-apps" | "fire" | "delivery" => Service::Vod,
            "identity" | "assume" | "oidc" => Service::Sts,
            "get-role" => Service::Ram,
            "imds" => Service::Metadata,
            "uri" => Service::Uri,
            "sso" => Service::CloudSso,
            "oauth" => Service::OAuth,
            _ => Service::Queues,
        }
    }

    /// Has commands look for it at this address.
    pub fn lead(self, sandbox: &mut Sandbox, url: &str) {
        let (name, path) = match self {
            Service::Vod => ("VODCB_ENDPOINT", ""),
            Service::Sts => ("VODCB_STS_ENDPOINT", ""),
            Service::Ram => ("VODCB_RAM_ENDPOINT", ""),
            Service::Queues => ("VODCB_MNS_ENDPOINT", ""),
            Service::Metadata => ("VODCB_IMDS_ENDPOINT", ""),
            Service::Uri => ("ALIBABA_CLOUD_CREDENTIALS_URI", "/credentials-uri"),
            Service::OAuth => ("VODCB_OAUTH_ENDPOINT", ""),
            Service::CloudSso => {
                KeyFrom::CloudSso.profile(sandbox, url);
                return;
            }
        };
        sandbox.set(name, &format!("{url}{path}"));
    }
}

/// Where the key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFrom {
    Environment,
    Uri,
    Instance,
    Oidc,
    /// The metadata service, as a profile says.
    InstanceProfile,
    /// A role, for a key that a profile holds.
    Role,
    /// A role for the key of that role.
    Chain,
    CloudSso,
    OAuth,
}

impl KeyFrom {
    /// Leaves this source alone to be found.
    fn prepare(self, sandbox: &mut Sandbox) {
        if self == KeyFrom::Environment {
            return;
        }
        for name in [
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        ] {
            sandbox.unset(name);
        }
        if self != KeyFrom::Instance {
            sandbox.set("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
        }
        if self == KeyFrom::Oidc {
            sandbox.file("token", "token-of-a-pod");
            for (name, value) in [
                ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "token"),
                (
                    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
                    "acs:ram::1234567890123456:oidc-provider/pods",
                ),
                ("ALIBABA_CLOUD_ROLE_ARN", ROLE),
            ] {
                sandbox.set(name, value);
            }
        }
        let url = sandbox.url().to_owned();
        self.profile(sandbox, &url);
    }

    /// Writes the profiles of aliyun-cli, where one of them is the source.
    fn profile(self, sandbox: &Sandbox, url: &str) {
        let role = json!({
            "name": "role", "mode": "RamRoleArn", "ram_role_arn": ROLE, "ram_session_name": "vodcb",
            "access_key_id": ACCESS_KEY_ID, "access_key_secret": ACCESS_KEY_SECRET,
        });
        let chain = json!({
            "name": "chain", "mode": "ChainableRamRoleArn", "source_profile": "role",
            "ram_role_arn": ROLE, "ram_session_name": "vodcb",
        });
        let instance =
            json!({"name": "instance", "mode": "EcsRamRole", "ram_role_name": "EcsVodRole"});
        let sso = json!({
            "name": "sso", "mode": "CloudSSO", "cloud_sso_sign_in_url": format!("{url}/login"),
            "cloud_sso_account_id": ACCOUNT_ID, "cloud_sso_access_config": "ac-1",
            "access_token": "sso-token", "cloud_sso_access_token_expire": NEVER,
        });
        let oauth = json!({
            "name": "oauth", "mode": "OAuth", "oauth_site_type": "CN",
            "oauth_access_token": "oauth-token", "oauth_access_token_expire": NEVER,
        });
        let profiles = match self {
            KeyFrom::Environment | KeyFrom::Uri | KeyFrom::Instance | KeyFrom::Oidc => return,
            KeyFrom::Role => vec![role],
            KeyFrom::Chain => vec![chain, role],
            KeyFrom::InstanceProfile => vec![instance],
            KeyFrom::CloudSso => vec![sso],
            KeyFrom::OAuth => vec![oauth],
        };
        let config = json!({"current": profiles[0]["name"], "profiles": profiles});
        sandbox.file(".aliyun/config.json", &config.to_string());
    }
}

/// What a command leaves behind at the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    None,
    /// A member of the callback, as it shall become and as it was.
    Callback(&'static str, &'static str, &'static str),
    Gone,
    /// The callback of another application is gone.
    OtherGone,
    /// There is a queue.
    Queue,
    /// How many messages are in the queue, as it shall become and as it was.
    Messages {
        wanted: u64,
        old: u64,
    },
}

impl Effect {
    pub fn counts_messages(self) -> bool {
        matches!(self, Effect::Messages { .. })
    }

    /// What the command may change, as it is now.
    pub fn state(self, sandbox: &Sandbox) -> Value {
        const GET: [&str; 2] = ["get", "--show-auth-key"];
        let args = match self {
            Effect::None => return Value::Null,
            Effect::Queue => vec!["queue", "list"],
            Effect::Messages { .. } => vec!["queue", "status", "vod-events"],
            Effect::Callback(..) | Effect::Gone => GET.to_vec(),
            Effect::OtherGone => [&GET[..], &["--app-id", "app-0000002"]].concat(),
        };
        let json = args.into_iter().chain(["-o", "json"]);
        sandbox.vodcb(json).ok().json()
    }

    /// Whether this is what the command found.
    pub fn is_old(self, state: &Value) -> bool {
        match self {
            Effect::Callback(member, _, old) => state[member] == old,
            Effect::Gone | Effect::OtherGone => state["url"] == OLD,
            Effect::Messages { old, .. } => messages(state) == old,
            Effect::None | Effect::Queue => !self.is_wanted(state),
        }
    }

    /// Whether this is what the command was to bring about.
    pub fn is_wanted(self, state: &Value) -> bool {
        match self {
            Effect::None => false,
            Effect::Callback(member, new, _) => state[member] == new,
            Effect::Gone | Effect::OtherGone => state["configured"] == false,
            Effect::Messages { wanted, .. } => messages(state) == wanted,
            Effect::Queue => state["queues"]
                .as_array()
                .is_some_and(|queues| queues.iter().any(|it| it == "vod-events")),
        }
    }
}

/// All in the queue, those that were received included.
fn messages(state: &Value) -> u64 {
    let count = |name: &str| state[name].as_u64().unwrap();
    count("active_messages") + count("inactive_messages")
}

impl Column {
    /// Brings the target and the surroundings to where the command begins; this way leads to the service.
    pub fn prepare(&self, sandbox: &mut Sandbox, way: &str) {
        let declared = |head: &str, more: &str| {
            format!(
                "schema = 1\n{head}[[callback]]\nregion = \"cn-shanghai\"\nevents = \"ALL\"\n{more}\n"
            )
        };
        let url = format!("url = {NEW:?}");
        let queue = "method = \"MNS\"\nmns_queue = \"vod-events\"\nmns_region = \"cn-shanghai\"\n";
        let queue = format!("{queue}account_id = {ACCOUNT_ID:?}");
        let account = format!("account = {ACCOUNT_ID:?}\n");
        for (name, text) in [
            ("callbacks.toml", declared("", &url)),
            ("account.toml", declared(&account, &url)),
            ("queue.toml", declared("", &queue)),
        ] {
            sandbox.file(name, &text);
        }
        sandbox.file(
            "events.ndjson",
            r#"{"schema_version":1,"kind":"delivery","headers":[["Host","a"]],"body":"e30="}"#,
        );
        sandbox.set("OLD_KEY", OLD_KEY);
        sandbox.set("NEW_KEY", NEW_KEY);
        self.key.prepare(sandbox);
        self.service().lead(sandbox, way);
        for args in self.setup {
            sandbox.vodcb(args.iter().copied()).ok();
        }
        if self.has_message {
            sandbox.deliver("vod-events", r#"{"EventType":"FileUploadComplete"}"#);
        }
    }
}
