//! The flags every command takes.

use std::path::PathBuf;

use super::numbers::{seconds, whole};
use crate::output::{ColorWhen, Format};

/// The flags every command takes.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Flags {
    /// Region of the VOD centre, for example cn-shanghai
    #[arg(long, value_name = "ID")]
    pub region: Option<String>,
    /// Application the callback belongs to [default: app-1000000]
    #[arg(long, value_name = "ID")]
    pub app_id: Option<String>,
    /// Profile of ~/.aliyun/config.json to take the credentials from
    #[arg(long, hide_short_help = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Address of the VOD API, instead of the region's; that of another centre is refused
    #[arg(long, hide_short_help = true, value_name = "URL")]
    pub endpoint: Option<String>,
    /// Run against an emulator inside this process; needs no account
    #[arg(long)]
    pub emulator: bool,
    /// Form of the result [default: table]
    #[arg(short, long, value_name = "FORMAT", value_enum)]
    pub output: Option<Format>,
    /// Filter json or yaml by a JMESPath expression
    #[arg(long, hide_short_help = true, value_name = "EXPR")]
    pub query: Option<String>,
    /// When to use colours
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = false
    )]
    pub color: ColorWhen,
    /// Ask nothing, as in a script
    #[arg(long, hide_short_help = true)]
    pub no_input: bool,
    /// Ask by numbered lines, answered on standard input: for screen readers and simple terminals
    #[arg(long, hide_short_help = true, conflicts_with = "no_input")]
    pub plain: bool,
    /// Answer every confirmation with yes
    #[arg(short, long)]
    pub yes: bool,
    /// Show what would change and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Seconds one call may take [default: 10]
    #[arg(long, hide_short_help = true, value_name = "S", value_parser = seconds(0.1..=3600.0, "10"))]
    pub timeout: Option<f64>,
    /// How often a call that may succeed later is tried again [default: 3]
    #[arg(long, hide_short_help = true, value_name = "N", value_parser = whole::<u32>(0..=100, "3"))]
    pub retries: Option<u32>,
    /// Calls of one operation in a second, 0 for no limit [default: 15]
    #[arg(long, hide_short_help = true, value_name = "N", value_parser = whole::<u32>(0..=10_000, "15; 0 sets no limit"))]
    pub qps: Option<u32>,
    /// How requests are signed: rpc or acs3 [default: rpc]
    // A text, since `verify` has a flag of the same name for the signature of a delivery.
    #[arg(long, hide_short_help = true, value_name = "KIND")]
    pub signature: Option<String>,
    /// Trust the certificate authorities in this PEM file instead of the usual ones
    #[arg(long, hide_short_help = true, value_name = "FILE")]
    pub ca_bundle: Option<PathBuf>,
    /// Allow plain http to an endpoint that is not on this machine
    #[arg(long, hide_short_help = true)]
    pub allow_http: bool,
    /// Say nothing but errors on stderr
    #[arg(short, long, hide_short_help = true)]
    pub quiet: bool,
    /// Say where values came from and what is tried again
    #[arg(short, long, hide_short_help = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Say each call too, without secrets
    #[arg(long, hide_short_help = true, conflicts_with = "quiet")]
    pub debug: bool,
}

/// The two signatures of the OpenAPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum SignatureKind {
    /// RPC 1.0, HMAC-SHA1; parameters travel in the body
    #[default]
    Rpc,
    /// ACS3-HMAC-SHA256; parameters travel in the query, the callback key too
    Acs3,
}
