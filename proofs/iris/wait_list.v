(* SPDX-License-Identifier: BSL-1.0 *)
(** wait_list: the line in front of a channel, a doubly linked list through the frames of those who wait.

    The program is append and unlink of wait_list in sluice/detail/waiter.hpp. It runs only under the lock of the channel, so
    it is proved as the program of one thread. take is in select.v, for it claims what it unlinks. *)
From iris.heap_lang Require Import proofmode notation.

(** ** Program *)
(* wait_node; what is written once, owner, index and element, is one cell *)
Notation fixed_of n := (n +ₗ #0)%E.
Notation next_of n := (n +ₗ #1)%E.
Notation previous_of n := (n +ₗ #2)%E.
Notation linked_of n := (n +ₗ #3)%E.
Notation served_of n := (n +ₗ #4)%E.
Notation first_of l := (l +ₗ #0)%E.
Notation last_of l := (l +ₗ #1)%E.

Definition new_list : val := λ: <>, AllocN #2 NONEV.
Definition append : val := λ: "l" "n",
  let: "before" := !(last_of "l") in
  previous_of "n" <- "before";;
  next_of "n" <- NONEV;;
  linked_of "n" <- #true;;
  match: "before" with NONE => first_of "l" <- SOME "n" | SOME "b" => next_of "b" <- SOME "n" end;;
  last_of "l" <- SOME "n".
Definition unlink : val := λ: "l" "n",
  let: "before" := !(previous_of "n") in
  let: "after" := !(next_of "n") in
  match: "before" with NONE => first_of "l" <- "after" | SOME "b" => next_of "b" <- "after" end;;
  match: "after" with NONE => last_of "l" <- "before" | SOME "a" => previous_of "a" <- "before" end;;
  linked_of "n" <- #false.

Section wait_list.
  Context `{!heapGS Σ}.
  Implicit Types (l n : loc) (ns : list loc) (p q : option loc).

  Definition ptr p : val := match p with None => NONEV | Some n => SOMEV #n end.
  Definition front ns q : option loc := match ns with [] => q | n :: _ => Some n end.
  Definition back p ns : option loc := match last ns with None => p | Some n => Some n end.

  (** the nodes between p and q *)
  Fixpoint segment p ns q : iProp Σ :=
    match ns with
    | [] => True
    | n :: ns' => (n +ₗ 1) ↦ ptr (front ns' q) ∗ (n +ₗ 2) ↦ ptr p ∗ (n +ₗ 3) ↦ #true ∗ segment (Some n) ns' q
    end.
  Definition line l ns : iProp Σ :=
    (l +ₗ 0) ↦ ptr (front ns None) ∗ (l +ₗ 1) ↦ ptr (back None ns) ∗ segment None ns None.
  (** a node that is in no line *)
  Definition alone n : iProp Σ := ∃ v1 v2, (n +ₗ 1) ↦ v1 ∗ (n +ₗ 2) ↦ v2 ∗ (n +ₗ 3) ↦ #false.

  Global Instance segment_timeless p ns q : Timeless (segment p ns q).
  Proof. revert p. induction ns; apply _. Qed.
  Global Instance line_timeless l ns : Timeless (line l ns).
  Proof. apply _. Qed.

  Lemma back_app p n ns ns' : back p (ns ++ n :: ns') = back (Some n) ns'.
  Proof. rewrite /back last_app last_cons. by destruct (last ns'). Qed.
  Lemma front_app n ns ns' q : front (ns ++ n :: ns') q = front ns (Some n).
  Proof. by destruct ns. Qed.
  Lemma segment_app p ns ns' q :
    segment p (ns ++ ns') q ⊣⊢ segment p ns (front ns' q) ∗ segment (back p ns) ns' q.
  Proof.
    revert p. induction ns as [|n ns IH]; intros p; simpl; first by rewrite left_id.
    rewrite IH (back_app p n [] ns). replace (front (ns ++ ns') q) with (front ns (front ns' q)) by by destruct ns.
    iSplit; [iIntros "($ & $ & $ & $ & $)"|iIntros "(($ & $ & $ & $) & $)"].
  Qed.
  Lemma segment_back p n ns q :
    segment p (ns ++ [n]) q -∗ (n +ₗ 1) ↦ ptr q ∗ ∀ q', (n +ₗ 1) ↦ ptr q' -∗ segment p (ns ++ [n]) q'.
  Proof. rewrite segment_app /=. iIntros "(H & $ & H')". iIntros (q') "H1". rewrite segment_app /=. iFrame. Qed.

  Lemma line_next l ns n ns' :
    line l (ns ++ n :: ns') -∗ (n +ₗ 1) ↦ ptr (front ns' None) ∗ ((n +ₗ 1) ↦ ptr (front ns' None) -∗ line l (ns ++ n :: ns')).
  Proof.
    rewrite /line segment_app /=. iIntros "(H0 & H1 & H2 & $ & H3)". iIntros "H". iFrame.
  Qed.

  Lemma new_list_spec : {{{ True }}} new_list #() {{{ l, RET #l; line l [] }}}.
  Proof.
    iIntros (Φ) "_ HΦ". wp_lam. wp_alloc l as "H"; first done. iApply "HΦ".
    change (Z.to_nat 2) with 2%nat. rewrite /line /= array_cons array_singleton loc_add_0. by iDestruct "H" as "[$ $]".
  Qed.

  Lemma append_spec l ns n v1 v2 v3 :
    {{{ line l ns ∗ (n +ₗ 1) ↦ v1 ∗ (n +ₗ 2) ↦ v2 ∗ (n +ₗ 3) ↦ v3 }}} append #l #n {{{ RET #(); line l (ns ++ [n]) }}}.
  Proof.
    iIntros (Φ) "((Hf & Hl & Hs) & H1 & H2 & H3) HΦ". wp_lam. wp_pures. wp_load. wp_pures.
    wp_store. wp_pures. wp_store. wp_pures. wp_store. wp_pures.
    destruct ns as [|b ns _] using rev_ind.
    - simpl. wp_pures. wp_store. wp_pures. wp_store. iApply "HΦ". rewrite /line /=. by iFrame.
    - rewrite back_app /=. iDestruct (segment_back with "Hs") as "[Hb Hs]". wp_pures. wp_store. wp_pures. wp_store.
      iApply "HΦ". iDestruct ("Hs" $! (Some n) with "Hb") as "Hs".
      rewrite /line (back_app None n (ns ++ [b]) []) -app_assoc !front_app. iFrame "Hf Hl".
      rewrite app_assoc (segment_app None (ns ++ [b])) /= back_app. by iFrame.
  Qed.

  Lemma unlink_spec l ns n ns' :
    {{{ line l (ns ++ n :: ns') }}} unlink #l #n {{{ RET #(); line l (ns ++ ns') ∗ alone n }}}.
  Proof.
    iIntros (Φ) "(Hf & Hl & Hs) HΦ". wp_lam. wp_pures. rewrite segment_app /=. iDestruct "Hs" as "(Hs & H1 & H2 & H3 & Hs')".
    wp_load. wp_pures. wp_load. wp_pures. rewrite back_app front_app /line segment_app.
    (* what points to the node from before *)
    wp_bind (Case _ _ _).
    iApply (wp_wand _ _ _ (λ _, (l +ₗ 0) ↦ ptr (front (ns ++ ns') None) ∗ segment None ns (front ns' None))%I
      with "[Hf Hs]").
    { destruct ns as [|b ns _] using rev_ind; simpl.
      - wp_pures. wp_store. by iFrame.
      - rewrite back_app /=. iDestruct (segment_back with "Hs") as "[Hb Hs]". wp_pures. wp_store.
        rewrite -app_assoc !front_app. iFrame "Hf". by iApply "Hs". }
    iIntros (?) "[Hf Hs]". wp_pures.
    (* and from behind *)
    wp_bind (Case _ _ _).
    iApply (wp_wand _ _ _ (λ _, (l +ₗ 1) ↦ ptr (back None (ns ++ ns')) ∗ segment (back None ns) ns' None)%I
      with "[Hl Hs']").
    { destruct ns' as [|a ns']; simpl.
      - wp_pures. wp_store. rewrite app_nil_r. by iFrame.
      - iDestruct "Hs'" as "(Ha & Hp & Hs')". wp_pures. wp_store. rewrite (back_app None a) (back_app _ a []). by iFrame. }
    iIntros (?) "[Hl Hs']". wp_pures. wp_store. iApply "HΦ". iFrame. iExists _, _. by iFrame.
  Qed.
End wait_list.
