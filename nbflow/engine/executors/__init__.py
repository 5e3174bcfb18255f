"""What runs attempts. Each kind is one module; `nbflow.engine.executors.kinds` lists them."""
