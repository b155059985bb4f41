//! The door: parse, build the context, run one command, report.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use vodcb::commands::{self, completions, grammar};
use vodcb::context::{self, Context};
use vodcb::error::{Applied, Error, Kind, Result};
use vodcb::exit::Exit;
use vodcb::output::{self, ColorWhen, Format, Output, Surroundings, Talk};
use vodcb::prompt;
use vodcb::stop::Kept;

/// How long a signal may come once more and be the same.
const ECHO: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    if let Some(answer) = completions::answer(&words(), context::environment_and_home) {
        // A shell that went away does not mind.
        let _ = plain(false).print(&answer);
        return ExitCode::SUCCESS;
    }
    if let Some(answer) = grammar::answer(&words(), is_plain) {
        return match plain(false).print(&answer) {
            Ok(()) => ExitCode::SUCCESS,
            Err(unwritten) => failed(&plain(false), &unwritten),
        };
    }
    report_panics();
    let cli = match grammar::parse(std::env::args_os(), width) {
        Ok(cli) => cli,
        Err(error) => return refused(&error),
    };
    let ctx = match Context::of_process(cli.flags, cli.command.forms()) {
        Ok(ctx) => ctx,
        Err(error) => return failed(&plain(wants_json()), &error),
    };
    match run(&ctx, &cli.command) {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(error) => failed(&ctx.out, &error),
    }
}

/// Runs the command on one thread until it ends or a signal stops it.
fn run(ctx: &Context, command: &commands::Command) -> Result<Exit> {
    let runtime = room_for_a_runtime()
        .and_then(|()| {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
        })
        .map_err(|error| {
            Error::usage("the system has no resources left for a runtime")
                .cause(error.to_string())
                .hint("end other programs, or raise the limit of open files: ulimit -n")
        })?;
    let result = runtime.block_on(async {
        let command = commands::run(ctx, command);
        tokio::pin!(command);
        let mut first = None;
        loop {
            tokio::select! {
                // The signals first, so that they are heard before anything is done.
                biased;
                kind = stopped() => {
                    if is_echo(kind, &mut first) {
                        continue;
                    }
                    if !ctx.stop.ask_for(kind) {
                        break stopped_by(ctx, kind);
                    }
                    if ctx.stop.look().is_some() {
                        ctx.out.note("finishing the change under way; a second signal ends it at once");
                    }
                }
                result = &mut command => break result,
            }
        }
    });
    // A question may still wait for a key on its own thread.
    runtime.shutdown_background();
    prompt::restore_terminal();
    result
}

/// Where there is no room for its pipe of signals tokio panics, so that is found out before.
fn room_for_a_runtime() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::fd::{AsFd, OwnedFd};
        // Two ends of that pipe and a copy of one, two files for waiting, and one to spare.
        let copy = |_| std::io::stdin().as_fd().try_clone_to_owned();
        let _room: Vec<OwnedFd> = (0..6).map(copy).collect::<std::io::Result<_>>()?;
    }
    Ok(())
}

/// Whether a signal is the first one once more: `timeout` of coreutils sends its own to the command and to the
/// group that the command is in.
fn is_echo(kind: Kind, first: &mut Option<(Kind, Instant)>) -> bool {
    match first {
        Some((known, at)) => *known == kind && at.elapsed() < ECHO,
        None => {
            *first = Some((kind, Instant::now()));
            false
        }
    }
}

/// Waits for Ctrl-C or SIGTERM.
async fn stopped() -> Kind {
    #[cfg(unix)]
    if let Ok(mut terminate) =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
    {
        return tokio::select! {
            _ = tokio::signal::ctrl_c() => Kind::Interrupted,
            _ = terminate.recv() => Kind::Terminated,
        };
    }
    let _ = tokio::signal::ctrl_c().await;
    Kind::Interrupted
}

/// For a command that runs until it is stopped, that is the end and no interruption.
fn stopped_by(ctx: &Context, kind: Kind) -> Result<Exit> {
    match ctx.serving.get() {
        Some(what) => {
            ctx.out.note(what);
            Ok(Exit::Ok)
        }
        None if ctx.stop.is_asked()
            && ctx.stop.look().is_none()
            && ctx.applied.get() == Applied::No =>
        {
            Err(Error::new(
                kind,
                "ended at once; what was under way was left as it was",
            ))
        }
        None => Err(interrupted(ctx, kind)),
    }
}

fn interrupted(ctx: &Context, kind: Kind) -> Error {
    let applied = ctx.applied.get();
    let what = if kind == Kind::Terminated {
        "terminated"
    } else {
        "interrupted"
    };
    let told = match applied {
        Applied::No => return unchanged(ctx, kind, what),
        Applied::Yes => "; what was changed so far was confirmed by the service",
        Applied::Unknown => " while a change was under way; it may have been written",
    };
    let look = ctx.stop.look().unwrap_or_else(|| {
        let get = ctx.again("get");
        format!("look before doing anything else: {get}")
    });
    Error::new(kind, format!("{what}{told}"))
        .hint(look)
        .applied(applied)
}

fn unchanged(ctx: &Context, kind: Kind, what: &str) -> Error {
    let Some(Kept { told, hints }) = ctx.stop.kept() else {
        return Error::new(kind, format!("{what}; nothing was changed"));
    };
    let error = Error::new(kind, format!("{what}; {told}"));
    hints.into_iter().fold(error, Error::hint)
}

fn failed(out: &Output, error: &Error) -> ExitCode {
    out.error(error);
    ExitCode::from(error.kind.code())
}

/// Help and version are results; anything else the grammar refuses is a usage error.
fn refused(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && wants_json() {
        let text = error.render().to_string();
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let message = lines.next().unwrap_or_default();
        let message = message.strip_prefix("error: ").unwrap_or(message);
        // What was possible or is missing stands between the message and the usage.
        let told = lines
            .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more "))
            .fold(Error::usage(message), |told, line| {
                match line.strip_prefix("tip: ") {
                    Some(tip) => told.hint(tip),
                    None => told.cause(line.trim_matches(['[', ']'])),
                }
            });
        return failed(
            &plain(true),
            &told.hint("vodcb --help shows the commands and flags"),
        );
    }
    let printed = error.print();
    if error.use_stderr() {
        return ExitCode::from(Exit::Usage.code());
    }
    match output::written(printed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(unwritten) => failed(&plain(wants_json()), &unwritten),
    }
}

/// Output for errors that come before the settings are known.
fn plain(json: bool) -> Output {
    let format = if json { Format::Json } else { Format::Table };
    Output::new(
        format,
        None,
        ColorWhen::Auto,
        Talk::Normal,
        &Surroundings::default(),
    )
    .expect("there is no query that could be wrong")
}

/// The columns of help.
fn width() -> u16 {
    let (env, _) = context::environment_and_home();
    output::width(context::columns(&env))
}

/// Whether text goes to something that has no colours and no width.
fn is_plain() -> bool {
    let (env, _) = context::environment_and_home();
    let is_shaped = |name| env.contains_key(name);
    !std::io::stdout().is_terminal() && !["COLUMNS", "CLICOLOR_FORCE"].into_iter().any(is_shaped)
}

/// The command line as text.
fn words() -> Vec<String> {
    std::env::args_os()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect()
}

/// Whether json was asked for, when the flags could not be parsed.
fn wants_json() -> bool {
    let args = words();
    let mut forms = args.iter().enumerate().filter_map(|(at, arg)| {
        let joined = arg.strip_prefix("--output=").or_else(|| {
            let rest = arg.strip_prefix("-o")?;
            Some(rest.trim_start_matches('=')).filter(|rest| !rest.is_empty())
        });
        let is_flag = matches!(arg.as_str(), "-o" | "--output");
        joined.or_else(|| args.get(at + 1).filter(|_| is_flag).map(String::as_str))
    });
    match forms.next() {
        Some(form) => matches!(form, "json" | "ndjson"),
        None => context::usual_format().is_json(),
    }
}

/// A panic is a bug: it is told, and ends the process with 70 from whatever thread it comes.
fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        prompt::restore_terminal();
        let mut error = Error::new(Kind::Internal, "vodcb has a bug and stopped")
            .hint("please report it with the command that was run and the lines above")
            .hint("if a change was under way, look at it with vodcb get")
            .applied(Applied::Unknown);
        if let Some(at) = info.location() {
            error = error.cause(format!("at {at}"));
        }
        plain(wants_json()).error(&error);
        #[allow(clippy::disallowed_methods)] // nobody above can decide any more
        std::process::exit(Exit::Internal.code().into());
    }));
}
