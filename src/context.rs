//! What a run knows of its surroundings, as plain values.
//!
//! [`Context::of_process`] is the one place that looks at the process: environment, home, working
//! directory, clock, randomness, terminal. Tests fill a [`Context`] by hand.
#![allow(clippy::disallowed_methods)] // the one file that may

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::error::{Applied, Error, Result};
use crate::http::proxy::Proxies;
use crate::http::{Http, clock, roots};
use crate::order;
use crate::output::{Format, Forms, Output, Surroundings, Talk};
use crate::prompt::Prompt;
use crate::settings::{Flags, ProjectDefaults};
use crate::stop::Stop;
use crate::target::Target;
use crate::text::quoted;

/// The environment by name; entries that are no UTF-8 are replaced characters.
pub type Environment = BTreeMap<String, String>;

/// Everything a command may know of its surroundings. A clone shares the doors, and what was done.
#[derive(Debug, Clone)]
pub struct Context {
    /// The environment.
    pub env: Environment,
    /// The home folder, if there is one.
    pub home: Option<PathBuf>,
    /// The working directory.
    pub cwd: PathBuf,
    /// The clock.
    pub now: fn() -> Timestamp,
    /// A text that was never used before.
    pub nonce: fn() -> String,
    /// Fills a buffer with random bytes.
    pub random: fn(&mut [u8]),
    /// The defaults of `./vodcb.toml`.
    pub project: ProjectDefaults,
    /// The global flags.
    pub flags: Flags,
    /// Results and talk.
    pub out: Rc<Output>,
    /// Questions.
    pub prompt: Prompt,
    /// Outgoing calls.
    pub http: Rc<Http>,
    /// The services' clock minus ours, once a refusal made it count.
    pub clock_offset: Rc<Cell<SignedDuration>>,
    /// Whether a write took effect so far, for what is said when the run is interrupted.
    pub applied: Rc<Cell<Applied>>,
    /// What is said when a signal ends a command that runs until then, which is no interruption.
    pub serving: Rc<Cell<Option<&'static str>>>,
    /// How a command with work under way learns that it shall end.
    pub stop: Rc<Stop>,
}

impl Context {
    /// The surroundings of this process, for a command whose result has these forms.
    ///
    /// # Errors
    /// A usage error for global flags and usual values that cannot be used or do not go together.
    pub fn of_process(flags: Flags, forms: Forms) -> Result<Self> {
        let (env, home) = environment_and_home();
        let set = |name: &str| env.get(name).is_some_and(|value| !value.is_empty());
        let around = Surroundings {
            no_color: set("NO_COLOR"),
            force_color: env.get("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
            columns: columns(&env),
        };
        let talk = match (flags.debug, flags.quiet, flags.verbose) {
            (true, ..) => Talk::Debug,
            (_, true, _) => Talk::Quiet,
            (_, _, true) => Talk::Verbose,
            _ => Talk::Normal,
        };
        let cwd = std::env::current_dir().map_err(|error| {
            Error::usage("there is no working directory")
                .cause(error.to_string())
                .hint("change to a folder that exists")
        })?;
        let project = crate::settings::project(&cwd)?;
        let format = crate::settings::format(&flags, &env, &project, forms)?;
        let out = Output::new(format, flags.query.as_deref(), flags.color, talk, &around)?;
        // Read although plain http may have no use for them, since somebody named the file.
        let authorities = flags.ca_bundle.as_deref().map(roots::read).transpose()?;
        let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        Ok(Context {
            prompt: Prompt {
                interactive: (flags.plain || terminal && !set("CI"))
                    && !flags.no_input
                    && !flags.quiet
                    && !format.is_json(),
                plain: flags.plain || env.get("TERM").is_some_and(|term| term == "dumb"),
                color: out.color(),
                width: around.columns.or(stderr_width()).unwrap_or(80),
            },
            http: Http::new(
                Duration::from_secs_f64(crate::settings::timeout(&flags, &env)?),
                user_agent(&env),
                authorities,
            )
            .behind(Proxies::new(&env))
            .into(),
            now: Timestamp::now,
            nonce: || uuid::Uuid::new_v4().simple().to_string(),
            random,
            clock_offset: Rc::default(),
            applied: Rc::default(),
            serving: Rc::default(),
            stop: Rc::default(),
            env,
            project,
            home,
            cwd,
            flags,
            out: Rc::new(out),
        })
    }

    /// The same surroundings with other flags, as after a question about what they leave open.
    #[must_use]
    pub fn with(&self, flags: Flags) -> Self {
        Context {
            flags,
            ..self.clone()
        }
    }

    /// The time as far as the services know it, by which keys end.
    pub fn service_time(&self) -> Timestamp {
        clock::corrected((self.now)(), self.clock_offset.get())
    }

    /// A command line for the same target as this run, for hints that are copied.
    pub fn again(&self, rest: &str) -> String {
        let Flags {
            region,
            app_id,
            profile,
            endpoint,
            emulator,
            allow_http,
            ca_bundle,
            ..
        } = &self.flags;
        let mut line = "vodcb".to_owned();
        for (name, given) in [("emulator", emulator), ("allow-http", allow_http)] {
            if *given {
                line.push_str(&format!(" --{name}"));
            }
        }
        let ca_bundle = ca_bundle.as_ref().map(|file| file.display().to_string());
        for (name, value) in [
            ("region", region),
            ("app-id", app_id),
            ("profile", profile),
            ("endpoint", endpoint),
            ("ca-bundle", &ca_bundle),
        ] {
            if let Some(value) = value {
                line.push_str(&format!(" --{name} {}", quoted(value)));
            }
        }
        format!("{line} {rest}")
    }

    /// The same for a target, which may be another one than that of this run.
    pub fn again_at(&self, target: &Target, rest: &str) -> String {
        let flags = Flags {
            region: Some(target.region.to_string()),
            app_id: Some(target.app_id.to_string()),
            ..self.flags.clone()
        };
        self.with(flags).again(rest)
    }

    /// The same for every region and application.
    pub fn again_everywhere(&self, rest: &str) -> String {
        let flags = Flags {
            region: None,
            app_id: None,
            ..self.flags.clone()
        };
        self.with(flags).again(rest)
    }

    /// The folder for what vodcb remembers: `$XDG_STATE_HOME/vodcb` or `~/.local/state/vodcb`.
    ///
    /// # Errors
    /// A usage error without a home folder, or for a variable that is no text.
    pub fn state_folder(&self) -> Result<PathBuf> {
        state_folder(&self.env, self.home.as_deref())
    }
}

/// The same of this environment and home.
///
/// # Errors
/// As [`Context::state_folder`].
pub fn state_folder(env: &Environment, home: Option<&Path>) -> Result<PathBuf> {
    let xdg = crate::settings::file(env, &["XDG_STATE_HOME"])?;
    let base = xdg
        .filter(|path| path.is_absolute())
        .or_else(|| Some(home?.join(".local").join("state")));
    base.map(|base| base.join("vodcb")).ok_or_else(|| {
        Error::usage(
            "there is no folder to remember things in: neither HOME nor XDG_STATE_HOME is set",
        )
        .hint("set XDG_STATE_HOME to a folder that may be written")
    })
}

fn stderr_width() -> Option<u16> {
    let size = terminal_size::terminal_size_of(std::io::stderr());
    size.map(|(width, _)| width.0)
}

/// The form of results that environment and project ask for, for what is told before the flags are known.
/// What is wrong with either is told elsewhere.
pub fn usual_format() -> Format {
    let project = std::env::current_dir().ok();
    let project = project.and_then(|cwd| crate::settings::project(&cwd).ok());
    let (flags, project) = (Flags::default(), project.unwrap_or_default());
    crate::settings::format(&flags, &environment(), &project, Forms::Own).unwrap_or_default()
}

/// The environment and the home folder of this process.
pub fn environment_and_home() -> (Environment, Option<PathBuf>) {
    let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
    (environment(), home)
}

/// `COLUMNS`, where it is a number.
pub fn columns(env: &Environment) -> Option<u16> {
    env.get("COLUMNS").and_then(|text| text.parse().ok())
}

fn environment() -> Environment {
    let text = |word: OsString| word.to_string_lossy().into_owned();
    order::map(std::env::vars_os().map(|(name, value)| (text(name), text(value))))
}

/// The product token and what `ALIBABA_CLOUD_USER_AGENT` adds, printable ASCII only.
fn user_agent(env: &Environment) -> String {
    let own = concat!("vodcb/", env!("CARGO_PKG_VERSION"));
    let added: String = env
        .get("ALIBABA_CLOUD_USER_AGENT")
        .map(|text| {
            text.chars()
                .filter(|c| matches!(c, ' '..='~'))
                .take(256)
                .collect()
        })
        .unwrap_or_default();
    format!("{own} {added}").trim_end().to_owned()
}

fn random(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("the system has randomness");
}
