//! `vodcb schema`

use clap::Subcommand;
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::manifest;

/// Print the JSON Schema of what vodcb reads and writes
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb schema manifest > vodcb.schema.json     for editors, and checks before apply
  vodcb schema output get > get.schema.json
  vodcb schema output events list
  vodcb schema output error")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Of manifests, which export writes and diff and apply read
    #[command(after_help = "\
Examples:
  vodcb schema manifest > vodcb.schema.json
  vodcb schema manifest -o json --query '\"$defs\".callback.properties | keys(@)'")]
    Manifest,
    /// Of the documents that commands print with -o json
    #[command(after_help = "\
Examples:
  vodcb schema output
  vodcb schema output queue status
  vodcb schema output error            the last line on stderr with -o json")]
    Output {
        /// Only of this command; error and warning are the lines on stderr
        #[arg(value_name = "COMMAND")]
        words: Vec<String>,
    },
}

/// Prints a schema of draft 2020-12.
///
/// # Errors
/// A usage error for a command that prints no document.
pub fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    let schema = match &args.what {
        What::Manifest => read(manifest::SCHEMA)?,
        What::Output { words } => output(words)?,
    };
    ctx.out.show(&schema, |_| format!("{schema:#}\n"))?;
    Ok(Exit::Ok)
}

fn read(text: &str) -> Result<Value> {
    serde_json::from_str(text)
        .map_err(|error| Error::usage("the schema cannot be read").cause(error.to_string()))
}

fn output(words: &[String]) -> Result<Value> {
    let whole = read(include_str!(concat!(
        env!("OUT_DIR"),
        "/output_schema.json"
    )))?;
    let Some(all) = whole["$defs"].as_object() else {
        return Ok(whole);
    };
    // What several documents share begins with a capital.
    let commands = || {
        all.keys()
            .filter(|name| name.starts_with(char::is_lowercase))
    };
    let name = words.join("-");
    if words.is_empty() {
        let refs: Vec<Value> = commands().map(|name| reference(name)).collect();
        let mut whole = whole.clone();
        whole["anyOf"] = refs.into();
        return Ok(whole);
    }
    if !commands().any(|other| *other == name) {
        let known: Vec<String> = commands().map(|name| name.replace('-', " ")).collect();
        let what = words.join(" ");
        return Err(Error::usage(format!("there is no schema for {what:?}"))
            .hint(format!("there is one for {}", known.join(", "))));
    }
    let mut needed = Map::new();
    collect(&reference(&name), all, &mut needed);
    Ok(json!({
        "$schema": whole["$schema"],
        "title": format!("vodcb {}", words.join(" ")),
        "$ref": reference(&name)["$ref"],
        "$defs": needed,
    }))
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

/// The definitions that a schema leads to.
fn collect(schema: &Value, all: &Map<String, Value>, needed: &mut Map<String, Value>) {
    match schema {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str);
            let name = name.and_then(|name| name.strip_prefix("#/$defs/"));
            let found = name.and_then(|name| all.get_key_value(name));
            if let Some((name, definition)) = found
                && !needed.contains_key(name)
            {
                needed.insert(name.clone(), definition.clone());
                collect(definition, all, needed);
            }
            members
                .values()
                .for_each(|member| collect(member, all, needed));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, all, needed)),
        _ => {}
    }
}
