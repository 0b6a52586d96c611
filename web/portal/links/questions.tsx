/** The questions of an upload link: each with what may be answered, and where the answer is kept. */
import { Button, NativeSelect, Switch, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";
import { fill } from "../../shared/text/fill";
import { fieldsQuery } from "../api/queries";
import { Act } from "../parts/act";
import { Icon } from "../parts/glyphs";
import { EMPTY_QUESTION, isWrong, type QuestionForm } from "./link";

const MOST = 16;
const { questions: texts } = words.links;
const KINDS = Object.entries(texts.kinds);

export interface QuestionsProps {
  readonly questions: readonly QuestionForm[];
  /** Whether what is wrong is marked. */
  readonly isChecked: boolean;
  readonly onChange: (questions: readonly QuestionForm[]) => void;
}

export function Questions({ questions, isChecked, onChange }: QuestionsProps): ReactNode {
  const fields = useQuery(fieldsQuery).data?.items ?? [];
  const free = fields.filter(({ key }) => questions.every((one) => one.key !== key));
  const add = (question: QuestionForm): void => {
    onChange([...questions, question]);
  };
  return (
    <>
      <p className="meta">{texts.detail}</p>
      {questions.map((question, at) => (
        <One
          key={at}
          question={question}
          isWrong={isChecked && isWrong(question)}
          onChange={(part) => {
            onChange(questions.map((one, index) => (index === at ? { ...one, ...part } : one)));
          }}
          onRemove={() => {
            onChange(questions.filter((_, index) => index !== at));
          }}
        />
      ))}
      {questions.length < MOST && (
        <div className="actions">
          <Button
            variant="default"
            size="compact-md"
            leftSection={<Icon of="plus" size={16} />}
            onClick={() => {
              add(EMPTY_QUESTION);
            }}
          >
            {texts.add}
          </Button>
          {free.length > 0 && (
            <NativeSelect
              aria-label={texts.of_field}
              value=""
              onChange={(event) => {
                const field = free.find(({ key }) => key === event.currentTarget.value);
                if (field === undefined) return;
                const { key, label, kind, choices } = field;
                add({ ...EMPTY_QUESTION, key, label, kind, choices: choices.join("\n") });
              }}
            >
              <option value="">{texts.of_field}</option>
              {free.map(({ id, key, label }) => (
                <option key={id} value={key}>
                  {label}
                </option>
              ))}
            </NativeSelect>
          )}
        </div>
      )}
    </>
  );
}

interface OneProps {
  readonly question: QuestionForm;
  readonly isWrong: boolean;
  readonly onChange: (part: Partial<QuestionForm>) => void;
  readonly onRemove: () => void;
}

function One({ question, isWrong: isMarked, onChange, onRemove }: OneProps): ReactNode {
  const { label, kind, choices, isRequired } = question;
  return (
    <div className="question">
      <div className="question-head">
        <TextInput
          label={texts.label}
          value={label}
          maxLength={200}
          error={isMarked && label.trim() === "" ? texts.label_wrong : undefined}
          onChange={(event) => {
            onChange({ label: event.currentTarget.value });
          }}
        />
        <NativeSelect
          label={texts.kind}
          value={kind}
          data={KINDS.map(([value, name]) => ({ value, label: name }))}
          onChange={(event) => {
            onChange({ kind: event.currentTarget.value });
          }}
        />
        <Act glyph="bin" label={fill(texts.remove, { label })} onClick={onRemove} />
      </div>
      {(kind === "choice" || kind === "list") && (
        <Textarea
          label={texts.choices}
          description={texts.choices_hint}
          rows={3}
          value={choices}
          error={
            isMarked && kind === "choice" && choices.trim() === "" ? texts.choices_wrong : undefined
          }
          onChange={(event) => {
            onChange({ choices: event.currentTarget.value });
          }}
        />
      )}
      <Switch
        withThumbIndicator={false}
        label={texts.required}
        checked={isRequired}
        onChange={(event) => {
          onChange({ isRequired: event.currentTarget.checked });
        }}
      />
    </div>
  );
}
