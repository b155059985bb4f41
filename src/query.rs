//! JMESPath, as it is typed behind `--query` and `--expect`.

use jmespath::ast::Ast;
use jmespath::{
    Context, DEFAULT_RUNTIME, ErrorReason, Expression, JmespathError, Rcvar, RuntimeError, Variable,
};

use crate::error::{Error, Result};

/// The reader of expressions calls itself for each bracket, so that a long one would exhaust the stack.
const MAX_BYTES: usize = 2000;

/// Reads what was typed behind a flag; `example` is a value that the flag could have had.
///
/// # Errors
/// A usage error for what is too long or no JMESPath, and for functions that can only fail.
pub fn compile(flag: &str, text: &str, example: &str) -> Result<Expression<'static>> {
    if text.len() > MAX_BYTES {
        return Err(
            Error::usage(format!("{flag} is longer than {MAX_BYTES} bytes")).hint(
                "write a shorter one, and leave the rest to a program that reads what is printed",
            ),
        );
    }
    let compiled = jmespath::compile(text).and_then(|compiled| match miscall(compiled.as_ast()) {
        None => Ok(compiled),
        Some((at, why)) => Err(JmespathError::new(text, at, ErrorReason::Runtime(why))),
    });
    compiled.map_err(|error| {
        Error::usage(format!("{flag} {text:?} is not JMESPath"))
            .cause(reason(&error))
            .hint(format!("for example: {flag} {example}"))
    })
}

/// The first call of a function that there is not, or with another number of arguments than it takes, and where
/// it stands.
fn miscall(ast: &Ast) -> Option<(usize, RuntimeError)> {
    let mut left = vec![ast];
    while let Some(part) = left.pop() {
        if let Ast::Function { name, args, offset } = part {
            let wrong = match DEFAULT_RUNTIME.get_function(name) {
                None => Some(RuntimeError::UnknownFunction(name.clone())),
                Some(function) => {
                    // How many there are is looked at before what they are.
                    let nothing = vec![Rcvar::new(Variable::Null); args.len()];
                    let mut context = Context::new("", &DEFAULT_RUNTIME);
                    function
                        .evaluate(&nothing, &mut context)
                        .err()
                        .and_then(miscounted)
                }
            };
            if let Some(wrong) = wrong {
                return Some((*offset, wrong));
            }
        }
        left.extend(parts(part));
    }
    None
}

fn miscounted(error: JmespathError) -> Option<RuntimeError> {
    match error.reason {
        ErrorReason::Runtime(
            why @ (RuntimeError::TooManyArguments { .. } | RuntimeError::NotEnoughArguments { .. }),
        ) => Some(why),
        _ => None,
    }
}

/// What an expression is made of.
fn parts(ast: &Ast) -> Vec<&Ast> {
    match ast {
        Ast::Comparison { lhs, rhs, .. }
        | Ast::Projection { lhs, rhs, .. }
        | Ast::And { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::Subexpr { lhs, rhs, .. } => vec![lhs, rhs],
        Ast::Condition {
            predicate, then, ..
        } => vec![predicate, then],
        Ast::Expref { ast: node, .. }
        | Ast::Flatten { node, .. }
        | Ast::Not { node, .. }
        | Ast::ObjectValues { node, .. } => vec![node],
        Ast::Function { args: nodes, .. }
        | Ast::MultiList {
            elements: nodes, ..
        } => nodes.iter().collect(),
        Ast::MultiHash { elements, .. } => elements.iter().map(|pair| &pair.value).collect(),
        Ast::Identity { .. }
        | Ast::Field { .. }
        | Ast::Index { .. }
        | Ast::Literal { .. }
        | Ast::Slice { .. } => Vec::new(),
    }
}

/// Why it is none, or fails on a document; the parser quotes the expression on further lines.
pub fn reason(error: &jmespath::JmespathError) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}
