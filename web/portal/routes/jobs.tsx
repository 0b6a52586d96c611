/** The work: what runs, what waits, what failed and why. */
import { Button } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { formatMoment } from "../../shared/format";
import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { call } from "../api/call";
import { jobsQuery } from "../api/queries";
import type { Job } from "../api/types";
import { Choice } from "../grid/choice";
import { More } from "../grid/more";
import { Badge } from "../parts/badge";
import { Empty, FailureBar, Unloaded } from "../parts/notes";
import { signOfJob } from "../parts/states";
import { useTitle } from "../parts/title";
import { Unfinished } from "../uploads/unfinished";

const route = getRouteApi("/jobs");

export function Jobs(): ReactNode {
  useTitle(words.places.jobs);
  const { state } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <div className="screen">
      <div className="screen-head">
        <h1>{words.places.jobs}</h1>
        <div className="filters">
          <Choice
            label={words.library.state}
            value={state}
            options={Object.entries(words.job_states)}
            onChange={(next) => {
              void navigate({ search: { state: next }, replace: true });
            }}
          />
        </div>
      </div>
      <Unfinished />
      <List state={state} />
    </div>
  );
}

function List({ state }: { readonly state: string | undefined }): ReactNode {
  const found = useInfiniteQuery(jobsQuery(state));
  const retry = (): void => {
    void found.refetch();
  };
  if (found.data === undefined)
    return <Unloaded found={found} title={words.jobs.failed} rows={8} />;
  const jobs = found.data.pages.flatMap((page) => page.items);
  if (jobs.length === 0) {
    return <Empty glyph="jobs" title={words.jobs.empty} detail={words.jobs.empty_detail} />;
  }
  return (
    <>
      {found.error !== null && (
        <FailureBar error={found.error} title={words.jobs.failed} onRetry={retry} />
      )}
      <ul className="rows boxed">
        {jobs.map((job) => (
          <Row key={job.id} job={job} />
        ))}
      </ul>
      <More
        hasMore={found.hasNextPage}
        isLoading={found.isFetchingNextPage}
        shown={jobs.length}
        onMore={() => {
          void found.fetchNextPage();
        }}
      />
    </>
  );
}

function Row({ job }: { readonly job: Job }): ReactNode {
  const queries = useQueryClient();
  const deed = useMutation({
    mutationFn: (verb: "cancel" | "retry") =>
      call<unknown>(`/jobs/${encodeURIComponent(job.id)}/${verb}`, { method: "POST" }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["jobs"] }),
  });
  const reason = job.error?.detail ?? "";
  const isRunning = job.state === "running";
  const verb = isRunning || job.state === "waiting" ? "cancel" : "retry";
  const percent = Math.floor(job.progress * 100);
  return (
    <li className="job">
      <div className="who">
        <span className="name">{workflowOf(job)}</span>
        <Subject subject={job.subject} />
      </div>
      <Badge sign={signOfJob(job.state)} />
      <span className="meta step">{stageOf(job)}</span>
      <time className="meta figures when" dateTime={job.updated_at}>
        {formatMoment(job.updated_at)}
      </time>
      <span className="acts">
        {job.state !== "succeeded" && (
          <Button
            size="compact-sm"
            variant="default"
            loading={deed.isPending}
            onClick={() => {
              deed.mutate(verb);
            }}
          >
            {verb === "cancel" ? words.cancel : words.retry}
          </Button>
        )}
      </span>
      {isRunning && job.progress > 0 && (
        <progress
          max={100}
          value={percent}
          aria-label={fill(words.jobs.progress, { name: workflowOf(job) })}
        />
      )}
      {reason !== "" && <p className="problem">{reason}</p>}
      {deed.error !== null && <FailureBar error={deed.error} title={words.not_done} />}
    </li>
  );
}

function Subject({ subject }: { readonly subject: string }): ReactNode {
  if (subject === "") return null;
  if (!subject.startsWith("ast_")) return <span className="meta figures">{subject}</span>;
  return (
    <Link
      to="/assets/$assetId"
      params={{ assetId: subject }}
      search={{}}
      className="meta figures subject"
    >
      {subject}
    </Link>
  );
}

function workflowOf({ workflow }: Job): string {
  const known: Readonly<Record<string, string | undefined>> = words.workflows;
  return known[workflow] ?? workflow;
}

function stageOf({ stage, progress, state }: Job): string {
  const percent = fill(words.percent, { percent: Math.floor(progress * 100) });
  return [stage, state === "running" && progress > 0 ? percent : ""].filter(Boolean).join(" · ");
}
