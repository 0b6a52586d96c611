/** What may be stopped at any time: the request that runs now, and whatever would follow it. */
import { exchange, type Answer, type Exchange, type Question } from "./exchange";

export class Halt {
  private isAsked = false;
  private current: Exchange | null = null;

  stop(): void {
    this.isAsked = true;
    this.current?.stop();
  }

  /** To be asked after each wait: it may have been stopped meanwhile. */
  isStopped(): boolean {
    return this.isAsked;
  }

  /** Ask; what may not be stopped is answered to its end. Progress is told until the stop. */
  async ask({ onSent, ...question }: Question, mayStop = true): Promise<Answer> {
    const running = exchange({
      ...question,
      onSent: (bytes) => {
        if (!this.isAsked) onSent?.(bytes);
      },
    });
    if (mayStop) this.current = running;
    const answer = await running.answer;
    if (this.current === running) this.current = null;
    return answer;
  }
}
