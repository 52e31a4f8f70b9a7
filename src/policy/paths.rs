//! The known ways from some permissions to more, as data.
//!
//! A path is a conjunction of requests, each an action on something that is bound by who searches:
//! the principal itself, a target, a new resource. Facts ask what the policies of one principal
//! allow; `access` looks for the targets too. The identifiers are those of DataDog's
//! pathfinding.cloud (Apache-2.0), which also holds the classic list of Rhino Security Labs; the
//! two of that list that it lacks begin with `rhino`, and ours with `plimsoll`. CodeStar's are
//! left out: AWS ended the service in 2024.

/// One way to more permissions.
#[derive(Debug, Clone, Copy)]
pub struct Path {
    /// The published identifier.
    pub id: &'static str,
    /// Who or what the search binds as target.
    pub bind: Bind,
    /// What has to be allowed, in the order of doing.
    pub steps: &'static [(&'static str, On)],
    /// What is gained.
    pub gain: Gain,
    /// What else must be, and is not collected.
    pub unless: Option<&'static str>,
}

/// Who or what is bound as target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bind {
    /// The principal, when it is a user.
    OwnUser,
    /// The principal, when it is a role.
    OwnRole,
    /// The principal, when it has a permissions boundary.
    OwnBoundary,
    /// A group the principal is in.
    OwnGroup,
    /// A customer-managed policy attached to the principal or to a group it is in.
    OwnPolicy,
    /// A group the principal, a user, is not in.
    OtherGroup,
    /// Another user.
    User(Login),
    /// Another role.
    Role,
    /// A customer-managed policy attached to another role.
    RolePolicy,
    /// A role that one of these services may use, to be passed to it.
    Passed(&'static [&'static str]),
    /// A role that EC2 may use and that is in an instance profile, to be passed.
    PassedProfile,
    /// A role that one of these services may use, on something that runs already and is not
    /// collected.
    Running(&'static [&'static str]),
    /// An instance and the role it runs as.
    Instance,
}

/// Which users a path about credentials works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// All.
    Any,
    /// Those with room for another access key.
    KeyFree,
    /// Those with two access keys.
    KeysFull,
    /// Those without console password.
    NoPassword,
    /// Those with one.
    Password,
}

/// What a step is done on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// The principal itself.
    Itself,
    /// The target: user, role, group or policy.
    Target,
    /// The role to which the target policy is attached.
    Holder,
    /// The instance.
    Instance,
    /// The role, passed to the service.
    Pass,
    /// The role, assumed.
    Assume,
    /// Some resource of the kind the action needs, new or there already.
    Some,
}

/// What a path gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gain {
    /// Any permission, within the boundary of who gets it.
    Everything,
    /// What the target may do.
    Target,
    /// What the boundary took.
    Boundary,
    /// What an older version of a policy allowed.
    Older,
}

const fn path(id: &'static str, bind: Bind, steps: &'static [(&'static str, On)], gain: Gain) -> Path {
    Path { id, bind, steps, gain, unless: None }
}

const fn passed(id: &'static str, services: &'static [&'static str], steps: &'static [(&'static str, On)]) -> Path {
    path(id, Bind::Passed(services), steps, Gain::Target)
}

const fn running(
    id: &'static str,
    services: &'static [&'static str],
    steps: &'static [(&'static str, On)],
    unless: &'static str,
) -> Path {
    Path { unless: Some(unless), ..path(id, Bind::Running(services), steps, Gain::Target) }
}

const PASS: (&str, On) = ("iam:passrole", On::Pass);
const ASSUME: (&str, On) = ("sts:assumerole", On::Assume);
const APP_RUNNER: &[&str] = &["tasks.apprunner.amazonaws.com"];
const BEDROCK: &[&str] = &["bedrock-agentcore.amazonaws.com"];
const CLOUD_FORMATION: &[&str] = &["cloudformation.amazonaws.com"];
const CODE_BUILD: &[&str] = &["codebuild.amazonaws.com"];
const DATA_PIPELINE: &[&str] = &["datapipeline.amazonaws.com", "elasticmapreduce.amazonaws.com"];
const EC2: &[&str] = &["ec2.amazonaws.com"];
const ECS: &[&str] = &["ecs-tasks.amazonaws.com"];
const GLUE: &[&str] = &["glue.amazonaws.com"];
const LAMBDA: &[&str] = &["lambda.amazonaws.com"];
const SAGE_MAKER: &[&str] = &["sagemaker.amazonaws.com"];

/// Making the principal itself mightier.
const OWN: &[Path] = &[
    path("iam-001", Bind::OwnPolicy, &[("iam:createpolicyversion", On::Target)], Gain::Everything),
    Path {
        unless: Some("a version of the policy that is not the default one allows more (versions are not collected)"),
        ..path(
            "rhino-setdefaultpolicyversion",
            Bind::OwnPolicy,
            &[("iam:setdefaultpolicyversion", On::Target)],
            Gain::Older,
        )
    },
    path("iam-005", Bind::OwnRole, &[("iam:putrolepolicy", On::Itself)], Gain::Everything),
    path("iam-007", Bind::OwnUser, &[("iam:putuserpolicy", On::Itself)], Gain::Everything),
    path("iam-008", Bind::OwnUser, &[("iam:attachuserpolicy", On::Itself)], Gain::Everything),
    path("iam-009", Bind::OwnRole, &[("iam:attachrolepolicy", On::Itself)], Gain::Everything),
    path("iam-010", Bind::OwnGroup, &[("iam:attachgrouppolicy", On::Target)], Gain::Everything),
    path("iam-011", Bind::OwnGroup, &[("iam:putgrouppolicy", On::Target)], Gain::Everything),
    path("iam-013", Bind::OtherGroup, &[("iam:addusertogroup", On::Target)], Gain::Target),
    path("plimsoll-001", Bind::OwnBoundary, &[("iam:deleterolepermissionsboundary", On::Itself)], Gain::Boundary),
    path("plimsoll-002", Bind::OwnBoundary, &[("iam:deleteuserpermissionsboundary", On::Itself)], Gain::Boundary),
];

/// Becoming another user or role.
const OTHERS: &[Path] = &[
    path("iam-002", Bind::User(Login::KeyFree), &[("iam:createaccesskey", On::Target)], Gain::Target),
    path(
        "iam-003",
        Bind::User(Login::KeysFull),
        &[("iam:deleteaccesskey", On::Target), ("iam:createaccesskey", On::Target)],
        Gain::Target,
    ),
    path("iam-004", Bind::User(Login::NoPassword), &[("iam:createloginprofile", On::Target)], Gain::Target),
    path("iam-006", Bind::User(Login::Password), &[("iam:updateloginprofile", On::Target)], Gain::Target),
    path("iam-012", Bind::Role, &[("iam:updateassumerolepolicy", On::Target)], Gain::Target),
    path("iam-014", Bind::Role, &[("iam:attachrolepolicy", On::Target), ASSUME], Gain::Everything),
    path(
        "iam-015",
        Bind::User(Login::Any),
        &[("iam:attachuserpolicy", On::Target), ("iam:createaccesskey", On::Target)],
        Gain::Everything,
    ),
    path("iam-016", Bind::RolePolicy, &[("iam:createpolicyversion", On::Target), ASSUME], Gain::Everything),
    path("iam-017", Bind::Role, &[("iam:putrolepolicy", On::Target), ASSUME], Gain::Everything),
    path(
        "iam-018",
        Bind::User(Login::Any),
        &[("iam:putuserpolicy", On::Target), ("iam:createaccesskey", On::Target)],
        Gain::Everything,
    ),
    path(
        "iam-019",
        Bind::Role,
        &[("iam:attachrolepolicy", On::Target), ("iam:updateassumerolepolicy", On::Target)],
        Gain::Everything,
    ),
    path(
        "iam-020",
        Bind::RolePolicy,
        &[("iam:createpolicyversion", On::Target), ("iam:updateassumerolepolicy", On::Holder)],
        Gain::Everything,
    ),
    path(
        "iam-021",
        Bind::Role,
        &[("iam:putrolepolicy", On::Target), ("iam:updateassumerolepolicy", On::Target)],
        Gain::Everything,
    ),
];

/// Passing a role to something new.
const NEW: &[Path] = &[
    passed("apprunner-001", APP_RUNNER, &[PASS, ("apprunner:createservice", On::Some)]),
    passed(
        "bedrock-001",
        BEDROCK,
        &[
            PASS,
            ("bedrock-agentcore:createcodeinterpreter", On::Some),
            ("bedrock-agentcore:startcodeinterpretersession", On::Some),
            ("bedrock-agentcore:invokecodeinterpreter", On::Some),
        ],
    ),
    passed("cloudformation-001", CLOUD_FORMATION, &[PASS, ("cloudformation:createstack", On::Some)]),
    passed(
        "cloudformation-003",
        CLOUD_FORMATION,
        &[PASS, ("cloudformation:createstackset", On::Some), ("cloudformation:createstackinstances", On::Some)],
    ),
    Path {
        unless: Some("a stack set is there to update (stack sets are not collected)"),
        ..passed("cloudformation-004", CLOUD_FORMATION, &[PASS, ("cloudformation:updatestackset", On::Some)])
    },
    passed(
        "codebuild-001",
        CODE_BUILD,
        &[PASS, ("codebuild:createproject", On::Some), ("codebuild:startbuild", On::Some)],
    ),
    passed(
        "codebuild-004",
        CODE_BUILD,
        &[PASS, ("codebuild:createproject", On::Some), ("codebuild:startbuildbatch", On::Some)],
    ),
    passed(
        "datapipeline-001",
        DATA_PIPELINE,
        &[
            PASS,
            ("datapipeline:createpipeline", On::Some),
            ("datapipeline:putpipelinedefinition", On::Some),
            ("datapipeline:activatepipeline", On::Some),
        ],
    ),
    path("ec2-001", Bind::PassedProfile, &[PASS, ("ec2:runinstances", On::Some)], Gain::Target),
    path("ec2-003", Bind::PassedProfile, &[PASS, ("ec2:requestspotinstances", On::Some)], Gain::Target),
    passed(
        "ecs-001",
        ECS,
        &[
            PASS,
            ("ecs:createcluster", On::Some),
            ("ecs:registertaskdefinition", On::Some),
            ("ecs:createservice", On::Some),
        ],
    ),
    passed(
        "ecs-002",
        ECS,
        &[PASS, ("ecs:createcluster", On::Some), ("ecs:registertaskdefinition", On::Some), ("ecs:runtask", On::Some)],
    ),
    Path {
        unless: Some("a cluster is there (clusters are not collected)"),
        ..passed("ecs-003", ECS, &[PASS, ("ecs:registertaskdefinition", On::Some), ("ecs:createservice", On::Some)])
    },
    Path {
        unless: Some("a cluster is there (clusters are not collected)"),
        ..passed("ecs-004", ECS, &[PASS, ("ecs:registertaskdefinition", On::Some), ("ecs:runtask", On::Some)])
    },
    Path {
        unless: Some("a cluster with a container instance is there (clusters are not collected)"),
        ..passed("ecs-005", ECS, &[PASS, ("ecs:registertaskdefinition", On::Some), ("ecs:starttask", On::Some)])
    },
    passed("glue-001", GLUE, &[PASS, ("glue:createdevendpoint", On::Some)]),
    passed("glue-003", GLUE, &[PASS, ("glue:createjob", On::Some), ("glue:startjobrun", On::Some)]),
    passed("glue-004", GLUE, &[PASS, ("glue:createjob", On::Some), ("glue:createtrigger", On::Some)]),
    Path {
        unless: Some("a job is there to update (jobs are not collected)"),
        ..passed("glue-005", GLUE, &[PASS, ("glue:updatejob", On::Some), ("glue:startjobrun", On::Some)])
    },
    Path {
        unless: Some("a job is there to update (jobs are not collected)"),
        ..passed("glue-006", GLUE, &[PASS, ("glue:updatejob", On::Some), ("glue:createtrigger", On::Some)])
    },
    passed("lambda-001", LAMBDA, &[PASS, ("lambda:createfunction", On::Some), ("lambda:invokefunction", On::Some)]),
    Path {
        unless: Some("a stream or queue is there that starts the function (they are not collected)"),
        ..passed(
            "lambda-002",
            LAMBDA,
            &[PASS, ("lambda:createfunction", On::Some), ("lambda:createeventsourcemapping", On::Some)],
        )
    },
    passed("lambda-006", LAMBDA, &[PASS, ("lambda:createfunction", On::Some), ("lambda:addpermission", On::Some)]),
    passed("sagemaker-001", SAGE_MAKER, &[PASS, ("sagemaker:createnotebookinstance", On::Some)]),
    passed("sagemaker-002", SAGE_MAKER, &[PASS, ("sagemaker:createtrainingjob", On::Some)]),
    passed("sagemaker-003", SAGE_MAKER, &[PASS, ("sagemaker:createprocessingjob", On::Some)]),
];

const FUNCTION: &str = "a function runs as such a role (functions are not collected)";
const STACK: &str = "a stack has such a service role (stacks are not collected)";
const PROJECT: &str = "a build project runs as such a role (projects are not collected)";
const NOTEBOOK: &str = "a notebook instance runs as such a role (notebook instances are not collected)";

/// Taking over something that runs already.
const EXISTING: &[Path] = &[
    running(
        "apprunner-002",
        APP_RUNNER,
        &[("apprunner:updateservice", On::Some)],
        "a service runs as such a role (App Runner services are not collected)",
    ),
    running(
        "bedrock-002",
        BEDROCK,
        &[
            ("bedrock-agentcore:startcodeinterpretersession", On::Some),
            ("bedrock-agentcore:invokecodeinterpreter", On::Some),
        ],
        "a code interpreter runs as such a role (code interpreters are not collected)",
    ),
    running("cloudformation-002", CLOUD_FORMATION, &[("cloudformation:updatestack", On::Some)], STACK),
    running(
        "cloudformation-005",
        CLOUD_FORMATION,
        &[("cloudformation:createchangeset", On::Some), ("cloudformation:executechangeset", On::Some)],
        STACK,
    ),
    running("codebuild-002", CODE_BUILD, &[("codebuild:startbuild", On::Some)], PROJECT),
    running("codebuild-003", CODE_BUILD, &[("codebuild:startbuildbatch", On::Some)], PROJECT),
    path(
        "ec2-002",
        Bind::Instance,
        &[
            ("ec2:stopinstances", On::Instance),
            ("ec2:modifyinstanceattribute", On::Instance),
            ("ec2:startinstances", On::Instance),
        ],
        Gain::Target,
    ),
    running(
        "ec2-004",
        EC2,
        &[("ec2:createlaunchtemplateversion", On::Some), ("ec2:modifylaunchtemplate", On::Some)],
        "instances are started with such a role from a launch template (launch templates are not collected)",
    ),
    Path {
        unless: Some("the instance has EC2 Instance Connect, and SSH reaches it"),
        ..path(
            "ec2instanceconnect-003",
            Bind::Instance,
            &[("ec2-instance-connect:sendsshpublickey", On::Instance)],
            Gain::Target,
        )
    },
    running(
        "glue-002",
        GLUE,
        &[("glue:updatedevendpoint", On::Some)],
        "a development endpoint runs as such a role (development endpoints are not collected)",
    ),
    running("lambda-003", LAMBDA, &[("lambda:updatefunctioncode", On::Some)], FUNCTION),
    running(
        "lambda-004",
        LAMBDA,
        &[("lambda:updatefunctioncode", On::Some), ("lambda:invokefunction", On::Some)],
        FUNCTION,
    ),
    running(
        "lambda-005",
        LAMBDA,
        &[("lambda:updatefunctioncode", On::Some), ("lambda:addpermission", On::Some)],
        FUNCTION,
    ),
    running("rhino-updatefunctionconfiguration", LAMBDA, &[("lambda:updatefunctionconfiguration", On::Some)], FUNCTION),
    running("sagemaker-004", SAGE_MAKER, &[("sagemaker:createpresignednotebookinstanceurl", On::Some)], NOTEBOOK),
    running(
        "sagemaker-005",
        SAGE_MAKER,
        &[
            ("sagemaker:createnotebookinstancelifecycleconfig", On::Some),
            ("sagemaker:stopnotebookinstance", On::Some),
            ("sagemaker:updatenotebookinstance", On::Some),
            ("sagemaker:startnotebookinstance", On::Some),
        ],
        NOTEBOOK,
    ),
    Path {
        unless: Some("the instance is managed by Systems Manager"),
        ..path("ssm-001", Bind::Instance, &[("ssm:startsession", On::Instance)], Gain::Target)
    },
    Path {
        unless: Some("the instance is managed by Systems Manager"),
        ..path("ssm-002", Bind::Instance, &[("ssm:sendcommand", On::Instance)], Gain::Target)
    },
];

/// Assuming roles, one after the other, until one of them may do everything.
pub const ASSUMING: &str = "sts-001";

/// All paths but [`ASSUMING`], in the order in which they are tried.
pub fn paths() -> impl Iterator<Item = &'static Path> {
    OWN.iter().chain(OTHERS).chain(NEW).chain(EXISTING)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::policy::catalog;

    #[test]
    fn every_published_path_is_here_once() {
        let ids: Vec<&str> = paths().map(|path| path.id).chain([ASSUMING]).collect();
        let distinct: BTreeSet<&&str> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
        let published = ids.iter().filter(|id| !id.starts_with("rhino") && !id.starts_with("plimsoll"));
        assert_eq!(published.count(), 65);
    }

    #[test]
    fn every_action_of_a_path_is_one_of_aws() {
        let actions: BTreeSet<&str> = paths().flat_map(|path| path.steps).map(|(action, _)| *action).collect();
        let missing: Vec<&&str> = actions.iter().filter(|action| catalog().action(action).is_none()).collect();
        assert_eq!(missing, Vec::<&&str>::new());
        assert!(actions.len() <= 128, "they are kept as bits of one number");
    }
}
