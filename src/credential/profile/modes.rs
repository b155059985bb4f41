//! What the modes of a profile mean: each becomes a recipe, or is refused with the reason.

use super::stored::{Profile, given};
use super::{Book, trouble};
use crate::context::Context;
use crate::credential::env;
use crate::credential::login::{self, Login, Site};
use crate::credential::oidc::{self, Oidc};
use crate::credential::process::External;
use crate::credential::recipe::Recipe;
use crate::credential::{Credential, Issued};
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::settings::{self, variable};
use crate::sts::Role;
use crate::text::quoted;

impl Book<'_> {
    /// How a profile's key is obtained. `path_here` are the profiles that led here.
    pub(super) fn recipe(
        &self,
        ctx: &Context,
        profile: &Profile,
        path_here: &mut Vec<String>,
    ) -> Result<Recipe> {
        let at = Place {
            book: self,
            profile,
        };
        match profile.mode().to_ascii_lowercase().as_str() {
            "ak" => Ok(Recipe::Static(at.key(ctx, false)?)),
            "ststoken" => Ok(Recipe::Static(at.key(ctx, true)?)),
            "ramrolearn" => at.role(
                ctx,
                Recipe::Static(at.key(ctx, !profile.sts_token.is_empty())?),
            ),
            "ecsramrole" => Ok(at.ecs()),
            "ramrolearnwithrolename" | "ramrolearnwithecs" => at.role(ctx, at.ecs()),
            "chainableramrolearn" => {
                let source = at.needed("source_profile", &profile.source_profile)?;
                path_here.push(profile.name.clone());
                if path_here.iter().any(|name| name == source) {
                    path_here.push(source.to_owned());
                    return Err(trouble(
                        self.path,
                        &format!(
                            "has profiles that lead in a circle: {}",
                            path_here.join(" -> ")
                        ),
                    )
                    .hint("one of them must hold a key of its own"));
                }
                let base = self.profile(source)?.ok_or_else(|| {
                    trouble(
                        self.path,
                        &format!(
                            "has no profile {source:?}, which profile {:?} builds on",
                            profile.name
                        ),
                    )
                    .hint(self.names())
                })?;
                at.role(ctx, self.recipe(ctx, &base, path_here)?)
            }
            "external" => at.external(ctx),
            "credentialsuri" => at.uri(ctx),
            "oidc" => at.oidc(ctx),
            "cloudsso" => at.cloud_sso(ctx),
            "oauth" => at.oauth(ctx),
            _ => Err(at.unusable()),
        }
    }
}

/// A profile and where it stands, for errors that name both.
struct Place<'a> {
    book: &'a Book<'a>,
    profile: &'a Profile,
}

impl Place<'_> {
    fn needed<'v>(&self, member: &str, value: &'v str) -> Result<&'v str> {
        if !value.is_empty() {
            return Ok(value);
        }
        let Profile { name, .. } = self.profile;
        Err(trouble(
            self.book.path,
            &format!(
                "profile {name:?} lacks {member}, which the mode {} needs",
                self.profile.mode()
            ),
        )
        .hint(format!(
            "run: aliyun configure --profile {} --mode {}",
            quoted(name),
            self.profile.mode()
        )))
    }

    /// A member, or what the environment says where the profile leaves it empty.
    fn filled<'v>(
        &'v self,
        ctx: &'v Context,
        member: &str,
        value: &'v str,
        names: &[&'static str],
    ) -> Result<&'v str> {
        let from_variable = || variable(&ctx.env, names).map(|(_, value)| value);
        let value = Some(value).filter(|value| !value.is_empty());
        self.needed(member, value.or_else(from_variable).unwrap_or_default())
    }

    fn key(&self, ctx: &Context, with_token: bool) -> Result<Credential> {
        let profile = self.profile;
        let id = self.filled(ctx, "access_key_id", &profile.access_key_id, &env::ID)?;
        let secret = &profile.access_key_secret;
        let secret = self.filled(ctx, "access_key_secret", secret, &env::SECRET)?;
        let token = if with_token {
            Some(self.filled(ctx, "sts_token", &profile.sts_token, &env::TOKEN)?)
        } else if profile.access_key_id.is_empty() {
            // A temporary key of the environment is worth nothing without its token.
            variable(&ctx.env, &env::TOKEN).map(|(_, token)| token)
        } else {
            None
        };
        Ok(Credential {
            access_key_id: id.to_owned(),
            access_key_secret: Secret::new(secret),
            security_token: token.map(Secret::new),
        })
    }

    fn ecs(&self) -> Recipe {
        Recipe::EcsRole {
            name: given(&self.profile.ram_role_name),
        }
    }

    fn role(&self, ctx: &Context, base: Recipe) -> Result<Recipe> {
        Ok(Recipe::AssumeRole {
            base: Box::new(base),
            role: self.ram_role(ctx)?,
            sts: self.sts(ctx)?,
        })
    }

    fn ram_role(&self, ctx: &Context) -> Result<Role> {
        let profile = self.profile;
        let external_id = || {
            let names = ["ALIBABACLOUD_EXTERNAL_ID", "ALIBABA_CLOUD_EXTERNAL_ID"];
            variable(&ctx.env, &names).map(|(_, id)| id.to_owned())
        };
        Ok(Role {
            arn: self
                .filled(ctx, "ram_role_arn", &profile.ram_role_arn, &oidc::ROLE)?
                .to_owned(),
            session_name: given(&profile.ram_session_name),
            seconds: Some(profile.expired_seconds).filter(|seconds| *seconds > 0),
            policy: given(&profile.policy),
            external_id: given(&profile.external_id).or_else(external_id),
        })
    }

    fn sts(&self, ctx: &Context) -> Result<crate::target::Endpoint> {
        let profile = self.profile;
        settings::sts_endpoint(&ctx.flags, &ctx.env, &profile.sts_wish(self.book.path))
    }

    /// A variable can forbid what runs programs or asks addresses that a file names.
    fn allowed(&self, ctx: &Context) -> Result<()> {
        const FORBIDS: &str = "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS";
        if !settings::switch(&ctx.env, FORBIDS) {
            return Ok(());
        }
        let what = format!(
            "profile {:?} has the mode {}, which {FORBIDS} forbids",
            self.profile.name,
            self.profile.mode()
        );
        Err(trouble(self.book.path, &what).hint("choose another profile, or unset the variable"))
    }

    fn external(&self, ctx: &Context) -> Result<Recipe> {
        self.allowed(ctx)?;
        Ok(Recipe::Process(External {
            command: self
                .needed("process_command", &self.profile.process_command)?
                .to_owned(),
            profile: self.profile.name.clone(),
        }))
    }

    fn uri(&self, ctx: &Context) -> Result<Recipe> {
        self.allowed(ctx)?;
        let named = &self.profile.credentials_uri;
        let variable = ["ALIBABA_CLOUD_CREDENTIALS_URI"];
        let uri = self.filled(ctx, "credentials_uri", named, &variable)?;
        Ok(Recipe::Uri(uri.to_owned()))
    }

    fn oidc(&self, ctx: &Context) -> Result<Recipe> {
        let profile = self.profile;
        Ok(Recipe::Oidc(Oidc {
            provider_arn: self
                .filled(
                    ctx,
                    "oidc_provider_arn",
                    &profile.oidc_provider_arn,
                    &oidc::PROVIDER,
                )?
                .to_owned(),
            token_file: self
                .filled(
                    ctx,
                    "oidc_token_file",
                    &profile.oidc_token_file,
                    &oidc::TOKEN_FILE,
                )?
                .into(),
            role: self.ram_role(ctx)?,
            sts: self.sts(ctx)?,
        }))
    }

    fn cloud_sso(&self, ctx: &Context) -> Result<Recipe> {
        let profile = self.profile;
        let site = Site::CloudSso {
            sign_in_url: self
                .needed("cloud_sso_sign_in_url", &profile.cloud_sso_sign_in_url)?
                .to_owned(),
            account_id: self
                .needed("cloud_sso_account_id", &profile.cloud_sso_account_id)?
                .to_owned(),
            access_config: self
                .needed("cloud_sso_access_config", &profile.cloud_sso_access_config)?
                .to_owned(),
        };
        self.login(
            ctx,
            site,
            &profile.access_token,
            profile.cloud_sso_access_token_expire,
        )
    }

    fn oauth(&self, ctx: &Context) -> Result<Recipe> {
        let profile = self.profile;
        let site_type = self.needed("oauth_site_type", &profile.oauth_site_type)?;
        let site = Site::oauth(site_type).ok_or_else(|| {
            trouble(
                self.book.path,
                &format!(
                    "profile {:?} has the oauth_site_type {site_type:?}, which is neither CN nor INTL",
                    profile.name
                ),
            )
            .hint(format!(
                "log in anew: aliyun configure --profile {} --mode OAuth",
                profile.name
            ))
        })?;
        self.login(
            ctx,
            site,
            &profile.oauth_access_token,
            profile.oauth_access_token_expire,
        )
    }

    /// The stored key while it is good, then the exchange of a token while that is, then the end.
    fn login(&self, ctx: &Context, site: Site, token: &str, token_ends: i64) -> Result<Recipe> {
        let profile = self.profile;
        let now = (ctx.now)().as_second();
        let exchange = (!token.is_empty() && token_ends > now).then(|| {
            Recipe::Login(Login {
                profile: profile.name.clone(),
                access_token: Secret::new(token),
                site: site.clone(),
            })
        });
        let stored = [
            &profile.access_key_id,
            &profile.access_key_secret,
            &profile.sts_token,
        ];
        if profile.sts_expiration > now && stored.iter().all(|member| !member.is_empty()) {
            return Ok(Recipe::Kept {
                issued: Issued {
                    credential: self.key(ctx, true)?,
                    expires: jiff::Timestamp::from_second(profile.sts_expiration).ok(),
                },
                then: exchange.map(Box::new),
            });
        }
        exchange.ok_or_else(|| {
            let why = "neither the stored key nor the access token is good any more";
            login::expired(&profile.name, &site, why)
                .cause(format!("in {}", self.book.path.display()))
        })
    }

    fn unusable(&self) -> Error {
        let mode = self.profile.mode();
        let why = match mode.to_ascii_lowercase().as_str() {
            "anonymous" => "VOD answers no unsigned call",
            "bearertoken" => "nothing says that VOD takes bearer tokens",
            "rsakeypair" => {
                "RSA key pairs are deprecated, and only the STS of one region takes them"
            }
            _ => "no such mode is known",
        };
        trouble(self.book.path, &format!("profile {:?} has the mode {mode}, which cannot be used here", self.profile.name))
            .cause(why)
            .hint("choose another profile with --profile, or set ALIBABA_CLOUD_ACCESS_KEY_ID and its companions")
    }
}
