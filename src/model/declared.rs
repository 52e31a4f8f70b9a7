//! What a Terraform state or plan declares, on its way to be compared with what is live.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Pointer, Resource, ResourceId};

/// All that a Terraform state or plan declares.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Declaration {
    /// The resources, in the order of their keys.
    pub resources: Vec<Declared>,
    /// Ids of resources that Terraform still knows without declaring them: deposed objects, and
    /// what the plan deletes or forgets.
    pub besides: BTreeSet<ResourceId>,
    /// Why the declaration tells less than everything, in words. Nothing is unmanaged by it then.
    pub incomplete: Vec<String>,
}

/// One resource as Terraform declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    /// The resource. What is unknown of it is declared and not known yet.
    pub resource: Resource,
    /// Places that the declaration says nothing of, sorted. The place after the last element of a
    /// list says that there may be further elements.
    pub not_held: Vec<Pointer>,
    /// Elements of lists that only an echo tells, by list: a security group reads back the rules
    /// that are resources of their own, and goes on telling one that was deleted since.
    pub echoed: Vec<(Pointer, Value)>,
    /// Whether the resource itself is declared, and not only something that hangs on it.
    pub whole: bool,
    /// Whether the plan is to create or change it.
    pub pending: bool,
}
