//! The operations on queues, by the names that RAM actions use.

/// One operation. A batch is an operation of its own, with a RAM action of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// The queues of the account.
    ListQueue,
    /// Makes a queue.
    CreateQueue,
    /// Changes some attributes.
    SetQueueAttributes,
    /// Reads all attributes.
    GetQueueAttributes,
    /// Removes a queue with its messages.
    DeleteQueue,
    /// Puts a message into a queue.
    SendMessage,
    /// Puts up to sixteen.
    BatchSendMessage,
    /// Takes a message out of sight and hands it over.
    ReceiveMessage,
    /// Takes up to sixteen.
    BatchReceiveMessage,
    /// Shows the next message.
    PeekMessage,
    /// Shows up to sixteen.
    BatchPeekMessage,
    /// Removes a message that was received.
    DeleteMessage,
    /// Removes up to sixteen.
    BatchDeleteMessage,
    /// Changes when a received message comes back.
    ChangeMessageVisibility,
}

/// What an operation leaves behind, and with it whether it may be repeated when an earlier attempt
/// may have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing, or only a message that comes back by itself.
    Reads,
    /// The same, however often it is done.
    Settles,
    /// Something more each time, or a receipt handle that is no longer good.
    Adds,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Operation; 14] = [
        Operation::ListQueue,
        Operation::CreateQueue,
        Operation::SetQueueAttributes,
        Operation::GetQueueAttributes,
        Operation::DeleteQueue,
        Operation::SendMessage,
        Operation::BatchSendMessage,
        Operation::ReceiveMessage,
        Operation::BatchReceiveMessage,
        Operation::PeekMessage,
        Operation::BatchPeekMessage,
        Operation::DeleteMessage,
        Operation::BatchDeleteMessage,
        Operation::ChangeMessageVisibility,
    ];

    /// The name; with `mns:` in front it is the RAM action.
    pub const fn name(self) -> &'static str {
        match self {
            Operation::ListQueue => "ListQueue",
            Operation::CreateQueue => "CreateQueue",
            Operation::SetQueueAttributes => "SetQueueAttributes",
            Operation::GetQueueAttributes => "GetQueueAttributes",
            Operation::DeleteQueue => "DeleteQueue",
            Operation::SendMessage => "SendMessage",
            Operation::BatchSendMessage => "BatchSendMessage",
            Operation::ReceiveMessage => "ReceiveMessage",
            Operation::BatchReceiveMessage => "BatchReceiveMessage",
            Operation::PeekMessage => "PeekMessage",
            Operation::BatchPeekMessage => "BatchPeekMessage",
            Operation::DeleteMessage => "DeleteMessage",
            Operation::BatchDeleteMessage => "BatchDeleteMessage",
            Operation::ChangeMessageVisibility => "ChangeMessageVisibility",
        }
    }

    /// The path of a request, which is also the tail of the RAM resource.
    pub fn path(self, queue: &str) -> String {
        match self {
            Operation::ListQueue => "/queues".to_owned(),
            Operation::CreateQueue
            | Operation::SetQueueAttributes
            | Operation::GetQueueAttributes
            | Operation::DeleteQueue => format!("/queues/{queue}"),
            _ => format!("/queues/{queue}/messages"),
        }
    }

    /// What it leaves behind.
    ///
    /// A receipt that got lost leaves its messages invisible for a while, and they come back: the
    /// service promises to deliver at least once, so receiving counts as reading.
    pub const fn effect(self) -> Effect {
        match self {
            Operation::SendMessage
            | Operation::BatchSendMessage
            | Operation::ChangeMessageVisibility => Effect::Adds,
            Operation::CreateQueue
            | Operation::SetQueueAttributes
            | Operation::DeleteQueue
            | Operation::DeleteMessage
            | Operation::BatchDeleteMessage => Effect::Settles,
            _ => Effect::Reads,
        }
    }
}
