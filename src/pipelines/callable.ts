/** @file Instances that can be called like functions, as those of transformers.js: `model(inputs)`, `tokenizer(text)`. */

/** A class whose `_call` runs when an instance is called. Fields of subclasses are set on the callable itself. */
export abstract class Callable {
  constructor() {
    const closure = (...args: unknown[]): unknown =>
      (closure as unknown as { _call(...args: unknown[]): unknown })._call(...args);
    // biome-ignore lint/correctness/noConstructorReturn: a callable must be a function with the class's prototype
    return Object.setPrototypeOf(closure, new.target.prototype) as this;
  }
}
