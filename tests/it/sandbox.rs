//! A world of its own for each test: an empty home, a cleared environment, an emulator on a socket.
#![allow(clippy::disallowed_methods)] // the tests' own clock

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;

use tempfile::TempDir;
use vodcb::emulator::{AccessKey, Call, Config, Fault, Storage, start};
use vodcb::secret::Secret;

/// Values that must appear nowhere.
pub const ACCESS_KEY_ID: &str = "LTAI5tSandboxKeyId01";
pub const ACCESS_KEY_SECRET: &str = "SandboxAccess+Key/Secret=7fQ";
pub const SECURITY_TOKEN: &str = "CAISandbox+Security/Token==9zX";
pub const AUTH_KEY: &str = "Qx7Lm2Vt9Rb4SandboxAuthKey";
pub const ACCOUNT_ID: &str = "1234567890123456";

/// A world of its own.
pub struct Sandbox {
    home: TempDir,
    emulator: Option<Emulator>,
    environment: Vec<(String, String)>,
}

/// An emulator on a thread of its own, ended with the sandbox.
struct Emulator {
    url: String,
    commands: tokio::sync::mpsc::UnboundedSender<Ask>,
    thread: Option<std::thread::JoinHandle<()>>,
}

enum Ask {
    Log(mpsc::Sender<Vec<Call>>),
    Deliver(String, String, mpsc::Sender<bool>),
    Faults(Vec<Fault>, mpsc::Sender<()>),
}

/// What a run left behind.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Sandbox {
    /// An emulator that behaves.
    pub fn new() -> Self {
        Sandbox::with(&[], &[])
    }

    /// An emulator with these faults and quirks.
    pub fn with(faults: &[&str], quirks: &[&str]) -> Self {
        let emulator = Emulator::start(faults, quirks, None);
        let mut sandbox = Sandbox::offline();
        for (name, value) in [
            ("VODCB_ENDPOINT", emulator.url.as_str()),
            ("VODCB_STS_ENDPOINT", emulator.url.as_str()),
            ("VODCB_MNS_ENDPOINT", emulator.url.as_str()),
            ("VODCB_RAM_ENDPOINT", emulator.url.as_str()),
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", ACCESS_KEY_ID),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ACCESS_KEY_SECRET),
        ] {
            sandbox.set(name, value);
        }
        sandbox.emulator = Some(emulator);
        sandbox
    }

    /// The same with a temporary key.
    pub fn with_token(faults: &[&str], quirks: &[&str]) -> Self {
        let emulator = Emulator::start(faults, quirks, Some(SECURITY_TOKEN));
        let mut sandbox = Sandbox::offline();
        for (name, value) in [
            ("VODCB_ENDPOINT", emulator.url.as_str()),
            ("VODCB_STS_ENDPOINT", emulator.url.as_str()),
            ("VODCB_MNS_ENDPOINT", emulator.url.as_str()),
            ("VODCB_RAM_ENDPOINT", emulator.url.as_str()),
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", ACCESS_KEY_ID),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ACCESS_KEY_SECRET),
            ("ALIBABA_CLOUD_SECURITY_TOKEN", SECURITY_TOKEN),
        ] {
            sandbox.set(name, value);
        }
        sandbox.emulator = Some(emulator);
        sandbox
    }

    /// No emulator, no credentials, an empty environment.
    pub fn offline() -> Self {
        let mut sandbox = Sandbox {
            home: TempDir::new().unwrap(),
            emulator: None,
            environment: Vec::new(),
        };
        // Nobody listens there: no test asks a service or login beyond this machine.
        for name in [
            "VODCB_IMDS_ENDPOINT",
            "VODCB_STS_ENDPOINT",
            "VODCB_MNS_ENDPOINT",
            "VODCB_RAM_ENDPOINT",
            "VODCB_OAUTH_ENDPOINT",
        ] {
            sandbox.set(name, "http://127.0.0.1:9");
        }
        sandbox
    }

    /// Sets a variable for every run from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    pub fn unset(&mut self, name: &str) {
        self.environment.retain(|(old, _)| old != name);
    }

    /// What every run sees, beside `HOME`.
    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A file below the home folder that only its owner can read, with its folders.
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.home().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        path
    }

    #[allow(dead_code)] // for tests that talk to the emulator themselves
    pub fn url(&self) -> &str {
        &self.emulator.as_ref().unwrap().url
    }

    /// The command, ready to run: nothing of the caller's environment reaches it.
    pub fn command<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vodcb"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.home())
            .envs(self.environment.iter().cloned())
            .current_dir(self.home())
            .stdin(Stdio::null());
        command
    }

    /// Runs without a terminal and without input.
    pub fn vodcb<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Run {
        Run::of(self.command(args).output().unwrap())
    }

    /// Begins without a terminal and without input; its output and messages are there to be read.
    pub fn begin<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Child {
        let mut command = self.command(args);
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// The configured callback key, as a script asks for it.
    pub fn shown_key(&self) -> String {
        let question = ["-o", "yaml", "--query", "auth_key"];
        let shown = self.vodcb(["get", "--show-auth-key"].into_iter().chain(question));
        shown.ok().stdout
    }

    /// Runs with this on standard input.
    pub fn vodcb_with_input<'a>(
        &self,
        input: &[u8],
        args: impl IntoIterator<Item = &'a str>,
    ) -> Run {
        use std::io::Write;
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that refuses its flags never reads its input.
        let _ = child.stdin.take().unwrap().write_all(input);
        Run::of(child.wait_with_output().unwrap())
    }

    /// Makes a queue as `vodcb queue create` does, with these seconds out of sight.
    pub fn queue(&self, name: &str, visibility: u32) {
        let visibility = visibility.to_string();
        let args = ["queue", "create", name, "--visibility", &visibility];
        self.vodcb(args).ok();
    }

    /// The same where its attributes cannot be read back.
    pub fn queue_unread(&self, name: &str) {
        self.vodcb(["queue", "create", name, "--retries", "0"]);
    }

    /// Puts a message into a queue as VOD does.
    #[track_caller]
    pub fn deliver(&self, queue: &str, body: &str) {
        let (sender, receiver) = mpsc::channel();
        let emulator = self.emulator.as_ref().unwrap();
        let ask = Ask::Deliver(queue.to_owned(), body.to_owned(), sender);
        assert!(emulator.commands.send(ask).is_ok());
        assert!(receiver.recv().unwrap(), "there is no queue {queue}");
    }

    /// How many messages of a queue can be received, and how many are out of sight.
    pub fn backlog(&self, queue: &str) -> (u64, u64) {
        let run = self.vodcb(["queue", "status", queue, "-o", "json"]).ok();
        let count = |name: &str| run.json()[name].as_u64().unwrap();
        (count("active_messages"), count("inactive_messages"))
    }

    /// The calls the emulator saw.
    pub fn calls(&self) -> Vec<Call> {
        let (sender, receiver) = mpsc::channel();
        let emulator = self.emulator.as_ref().unwrap();
        assert!(emulator.commands.send(Ask::Log(sender)).is_ok());
        receiver.recv().unwrap()
    }

    /// From now on these faults happen, and none of those before.
    pub fn afflict(&self, faults: &[String]) {
        let (sender, receiver) = mpsc::channel();
        let faults = faults.iter().map(|spec| Fault::parse(spec).unwrap());
        let emulator = self.emulator.as_ref().unwrap();
        let ask = Ask::Faults(faults.collect(), sender);
        assert!(emulator.commands.send(ask).is_ok());
        receiver.recv().unwrap();
    }

    /// The names of the operations the emulator saw, in order.
    pub fn actions(&self) -> Vec<String> {
        self.calls().into_iter().map(|call| call.action).collect()
    }
}

impl Emulator {
    fn start(faults: &[&str], quirks: &[&str], token: Option<&str>) -> Self {
        let mut config = Config::new(jiff::Timestamp::now, || uuid::Uuid::new_v4().to_string());
        config.faults = faults
            .iter()
            .map(|spec| Fault::parse(spec).unwrap())
            .collect();
        for spec in quirks {
            config.quirks.apply(spec).unwrap();
        }
        config.storage = Storage::Memory;
        config.keys = vec![AccessKey {
            account_id: ACCOUNT_ID.into(),
            access_key_id: ACCESS_KEY_ID.into(),
            access_key_secret: Secret::new(ACCESS_KEY_SECRET),
            security_token: token.map(Secret::new),
        }];
        let (commands, mut asked) = tokio::sync::mpsc::unbounded_channel();
        let (ready, url) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let running = start(config).await.unwrap();
                ready.send(running.url()).unwrap();
                while let Some(ask) = asked.recv().await {
                    let _ = match ask {
                        Ask::Log(answer) => answer.send(running.log()).is_ok(),
                        Ask::Deliver(queue, body, answer) => {
                            let put = running.deliver(ACCOUNT_ID, "cn-shanghai", &queue, &body);
                            answer.send(put.is_ok()).is_ok()
                        }
                        Ask::Faults(faults, done) => {
                            running.set_faults(faults);
                            done.send(()).is_ok()
                        }
                    };
                }
                running.stop().await;
            });
        });
        Emulator {
            url: url.recv().unwrap(),
            commands,
            thread: Some(thread),
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let (closed, _) = tokio::sync::mpsc::unbounded_channel();
        self.commands = closed;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Run {
    pub fn of(output: Output) -> Self {
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The one JSON document on stdout.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The last line of stderr as JSON: the error object.
    #[track_caller]
    pub fn error(&self) -> serde_json::Value {
        let line = self.stderr.lines().last().unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub fn ok(self) -> Self {
        self.exits(0)
    }

    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Every one of these texts stands in stderr.
    #[track_caller]
    pub fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stderr.contains(text), "no {text:?} in {self:#?}");
        }
        self
    }
}
